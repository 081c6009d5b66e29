/** Test mode as a process: when it starts, what it says, and what is not even loaded when it is off. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { codeAt } from '../code-app.ts'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { isGood } from '../scenario.ts'
import { launchProcess, startProcess } from '../start-process.ts'
import { advance, expectStatus, mails, seed } from './tester.ts'

const SECRET_KEY = 'a secret key that only this test has'

describe('a start in test mode', () => {
  const refusals = [
    ['with a public address', { PUBLIC_URL: 'https://auth.example.com' }, /^TEST_MODE=1 with a public PUBLIC_URL/m],
    [
      'with an external database, before it asks it anything',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/x', SECRET_KEY },
      /^TEST_MODE=1 with an external database/m,
    ],
  ] as const
  for (const [title, environment, said] of refusals) {
    it(`is refused ${title}`, async (t) => {
      const { ended } = await launchProcess(t, { environment: { TEST_MODE: '1', ...environment } })
      const { code, output } = await ended
      assert.equal(code, 1)
      assert.match(output, /^The configuration is not usable:\n/)
      assert.match(output, said)
      assert.match(output, /set TEST_MODE_ANYWHERE=1 too/)
    })
  }

  it('says each time that it is on, also where nothing is logged', async (t) => {
    const cwd = (await startProcess(t, { environment: { TEST_MODE: '1' } })).cwd
    for (const LOG_LEVEL of ['warn', 'silent']) {
      const { output, logs, stop } = await launchProcess(t, { cwd, environment: { TEST_MODE: '1', LOG_LEVEL } })
      await eventually('it says so', () => /^TEST MODE IS ON/m.test(output()))
      const warned = () => logs.some(({ msg }) => /^TEST MODE IS ON: .* on this machine/.test(msg))
      if (LOG_LEVEL === 'warn') await eventually('it warns', warned)
      await stop('SIGKILL')
    }
  })

  it('is one process, whatever WORKERS says: it has one clock', async (t) => {
    const { pid, logs } = await launchProcess(t, { environment: { TEST_MODE: '1', WORKERS: '4' } })
    const listening = await eventually('it listens', () => logs.find(({ msg }) => msg === 'listening'))
    assert.equal(listening.pid, pid)
  })

  const [external] = databases().filter(({ kind }) => kind !== 'sqlite')
  it('told twice, takes an external database', { skip: external ? false : 'no external database' }, async (t) => {
    const { url } = await freshDatabase(t, external?.kind ?? 'mysql')
    const environment = { TEST_MODE: '1', TEST_MODE_ANYWHERE: '1', DATABASE_URL: url, SECRET_KEY }
    const s = await startProcess(t, { environment })
    assert.match(s.output(), /EVERYBODY WHO REACHES IT/)
    assert.equal(await isGood(s, (await seed(s, { email: 'ann@example.com', tokens: true })).access ?? ''), true)
  })

  it('plays a whole story: seed, sign in, forget, read the mail, set anew, and let the token expire', async (t) => {
    const s = await startProcess(t, { environment: { TEST_MODE: '1', ACCESS_TOKEN_SECONDS: '600' } })
    const email = 'ann@example.com'
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
    await seed(s, { email, totp_secret: secret })
    const waiting = mails(s, `?to=${email}&message=recover-password&wait=10`)
    expectStatus(await s.post('/api/password/forgot', { email }), 202)
    const [mail] = await waiting
    const reset = { email, code: mail?.code, password: 'four green pears' }
    expectStatus(await s.post('/api/password/reset', reset), 204)
    const half = expectStatus(await s.post('/api/login', { email, password: reset.password }), 401)
    const { mfa_token } = half as { mfa_token: string }
    const code = codeAt(secret, await advance(s, 0))
    const answer = await s.post('/api/login/mfa', { mfa_token, method: 'totp', code })
    const { access, refresh } = expectStatus(answer, 200) as { access: string; refresh: string }
    assert.equal(await isGood(s, access), true)
    await advance(s, 600)
    assert.deepEqual([await isGood(s, access), await isGood(s, refresh)], [false, true])
    assert.equal(await s.stop(), 0)
  })
})

describe('what is loaded', () => {
  it('holds nothing of test mode when it is off', async (t) => {
    assert.deepEqual(await filesOfTestMode(t, {}), [])
    const on = await filesOfTestMode(t, { TEST_MODE: '1' })
    assert.ok(on.includes('http/test-mode/routes.ts') && on.includes('compose-test-mode.ts'), on.join())
  })
})

// Written by the process when it ends: the files of test mode that it has loaded.
const recorder = `
  import { registerHooks } from 'node:module'
  const files = new Set()
  registerHooks({
    load(url, context, next) {
      const [, file] = /server\\/src\\/(.*(?:test-mode|movable-clock).*)$/.exec(url) ?? []
      if (file && !file.startsWith('settings/')) files.add(file)
      return next(url, context)
    },
  })
  process.on('exit', () => console.log('loaded', ...files))`
const source = join(import.meta.dirname, '../../src/main.ts')

async function filesOfTestMode(t: TestContext, environment: Record<string, string>): Promise<string[]> {
  const record = `data:text/javascript,${encodeURIComponent(recorder)}`
  const s = await startProcess(t, { command: [process.execPath, '--import', record, source], environment })
  assert.equal((await s.get('/healthz')).status, 200)
  assert.equal(await s.stop(), 0)
  const [, files = ''] = /^loaded(.*)$/m.exec(s.output()) ?? []
  return files.trim().split(' ').filter(Boolean)
}
