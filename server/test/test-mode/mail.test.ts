import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { expectProblem, isGood, register, signIn } from '../scenario.ts'
import { expectStatus, mails, startTestMode } from './tester.ts'

describe('the mails of test mode', () => {
  it('are captured whatever SMTP_URL says, with code, link and token', async (t) => {
    const s = await startTestMode(t, {
      environment: { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'ann@example.com' },
    })
    await register(s, { email: 'ann@example.com' })
    const [mail, ...others] = await mails(s)
    assert.deepEqual(others, [])
    assert.deepEqual([mail?.message, mail?.to], ['verify-address', 'ann@example.com'])
    assert.match(mail?.code ?? '', /^\d{6}$/)
    assert.equal(mail?.link, `http://localhost:8000/mail/verify-address?token=${mail?.token}&lang=en`)
    expectStatus(await s.post('/api/email/verify', { email: 'ann@example.com', code: mail?.code }), 204)
  })

  it('are found by recipient and by what they are, the latest first', async (t) => {
    const s = await startTestMode(t)
    for (const name of ['ann', 'bea']) await register(s, { email: `${name}@example.com` })
    await s.clock.advance(1)
    await s.post('/api/password/forgot', { email: 'ann@example.com' })
    const kinds = async (query: string) => (await mails(s, query)).map(({ to, message }) => `${to} ${message}`)
    assert.deepEqual(await kinds('?to=Ann@Example.com'), [
      'ann@example.com recover-password',
      'ann@example.com verify-address',
    ])
    assert.deepEqual(await kinds('?message=recover-password'), ['ann@example.com recover-password'])
    assert.deepEqual(await kinds('?to=bea@example.com&message=recover-password'), [])
    for (const query of ['?to=a&to=b', '?wait=61', '?wait=soon', '?wait=-1'])
      expectProblem(await s.get(`/test/mail${query}`), 400, 'malformed-request')
  })

  it('a mail to nobody is none: whoever waits for it waits in vain', async (t) => {
    const s = await startTestMode(t)
    assert.equal((await s.post('/api/password/forgot', { email: 'nobody@example.com' })).status, 202)
    assert.deepEqual(await mails(s), [])
  })

  it('are waited for, by those who ask for them', async (t) => {
    const s = await startTestMode(t)
    const waiting = mails(s, '?to=bea@example.com&wait=30')
    let isAnswered = false
    void waiting.then(() => {
      isAnswered = true
    })
    await register(s, { email: 'ann@example.com' })
    await wait(100)
    assert.equal(isAnswered, false)
    await register(s, { email: 'bea@example.com' })
    assert.deepEqual(
      (await waiting).map(({ to }) => to),
      ['bea@example.com'],
    )
    const startedAt = performance.now()
    assert.deepEqual(await mails(s, '?to=carol@example.com&wait=1'), [])
    assert.ok(performance.now() - startedAt > 900)
  })

  it('keep nobody waiting when the service ends', async (t) => {
    const s = await startTestMode(t)
    const app = await s.service.createApp() // a second door on the same service
    const port = await app.listen()
    const waiting = fetch(`http://127.0.0.1:${port}/test/mail?wait=60`)
    await wait(200)
    const startedAt = performance.now()
    const [answer] = await Promise.all([waiting, app.drain()])
    assert.deepEqual(await answer.json(), { mails: [] })
    assert.ok(performance.now() - startedAt < 10_000)
  })

  it('are removed, all or some', async (t) => {
    const s = await startTestMode(t)
    for (const name of ['ann', 'bea', 'carol']) await register(s, { email: `${name}@example.com` })
    const remove = async (query: string) =>
      expectStatus(await s.ask({ method: 'DELETE', path: `/test/mail${query}` }), 200)
    assert.deepEqual(await remove('?to=bea@example.com'), { removed: 1 })
    assert.deepEqual((await mails(s)).map(({ to }) => to).sort(), ['ann@example.com', 'carol@example.com'])
    assert.deepEqual(await remove(''), { removed: 2 })
    assert.deepEqual(await mails(s), [])
  })

  it('have one code where TEST_CODE says so: it is as good as any other, once', async (t) => {
    const s = await startTestMode(t, { environment: { TEST_CODE: '000000', PASSWORDLESS: 'on' } })
    await register(s, { email: 'ann@example.com' })
    const finish = (code: string) => s.post('/api/login/code/finish', { email: 'ann@example.com', code })
    expectProblem(await finish('000000'), 422, 'mail-code-refused') // none was asked for
    await s.post('/api/login/code', { email: 'ann@example.com' })
    expectProblem(await finish('000001'), 422, 'mail-code-refused')
    const { access } = expectStatus(await finish('000000'), 200) as { access: string }
    assert.equal(await isGood(s, access), true)
    expectProblem(await finish('000000'), 422, 'mail-code-refused')
  })

  it('have codes by chance otherwise', async (t) => {
    const s = await startTestMode(t)
    const codes = new Set<string | null>()
    for (let turn = 0; turn < 4; turn++) {
      await register(s, { email: `ann${turn}@example.com` })
      codes.add((await mails(s, `?to=ann${turn}@example.com`))[0]?.code ?? null)
    }
    assert.ok(codes.size > 1, [...codes].join())
    await signIn(s, 'ann0@example.com')
  })
})
