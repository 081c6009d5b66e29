/** Who is let in: nobody where test mode is off, and this machine where it is on. */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { watchRoutes } from '../routes.ts'
import { expectProblem } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import { LOCAL, startTestMode } from './tester.ts'

const ADDRESSES = ['/test/clock', '/test/mail', '/test/users', '/test/reset']

describe('where test mode is off', () => {
  it('CVE-2026-7500: there is no such route, and every route is there that is there otherwise', async (t) => {
    const off = await watchRoutes(() => startServer(t, { environment: { ...LOCAL, TEST_MODE: '0', SMTP_URL: '' } }))
    const on = await watchRoutes(() => startTestMode(t))
    const addressesOf = ({ routes }: typeof off) => routes.map(({ method, url }) => `${method} ${url}`)
    const added = new Set(addressesOf(on)).difference(new Set(addressesOf(off)))
    assert.deepEqual([...added].sort(), [
      'DELETE /test/mail',
      'GET /test/clock',
      'GET /test/mail',
      'HEAD /test/clock',
      'HEAD /test/mail',
      'POST /test/clock',
      'POST /test/reset',
      'POST /test/users',
    ])
    assert.deepEqual([...new Set(addressesOf(off)).difference(new Set(addressesOf(on)))], [])
    for (const path of ADDRESSES)
      for (const method of ['GET', 'POST', 'DELETE', 'PUT'])
        expectProblem(await off.started.ask({ method, path, body: {} }), 404, 'not-found')
  })
})

describe('where it is on', () => {
  const questions = [
    { method: 'GET', path: '/test/clock' },
    { method: 'POST', path: '/test/clock', body: { advance_seconds: 1 } },
    { method: 'GET', path: '/test/mail' },
    { method: 'DELETE', path: '/test/mail' },
    { method: 'POST', path: '/test/users', body: { email: 'ann@example.com', password: 'three red apples' } },
    { method: 'POST', path: '/test/reset', body: {} },
  ]
  const fromElsewhere = [
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { via: '1.1 proxy' },
    { host: 'auth.example.com' }, // a name that somebody else made to mean this machine
  ]

  it('whatever a proxy has passed on is answered as if nothing was there, and so is another name', async (t) => {
    const s = await startTestMode(t)
    for (const question of questions)
      for (const headers of fromElsewhere) expectProblem(await s.ask({ ...question, headers }), 404, 'not-found')
    assert.deepEqual(await s.db.selectFrom('user').select('id').execute(), [])
    for (const question of questions) assert.ok((await s.ask(question)).status < 300, question.path)
  })

  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address
  const skip = address === undefined ? 'this machine has the loopback address only' : false
  it('another peer is not answered, unless it was told twice', { skip }, async (t) => {
    const askBoth = async (environment: Record<string, string>) => {
      const { port } = await startTestMode(t, { environment: { HOST: '0.0.0.0', ...environment } })
      return Promise.all(
        ['127.0.0.1', address].map(async (host) => (await fetch(`http://${host}:${port}/test/clock`)).status),
      )
    }
    assert.deepEqual(await askBoth({}), [200, 404])
    assert.deepEqual(await askBoth({ TEST_MODE_ANYWHERE: '1' }), [200, 200])
  })

  it('no page elsewhere may read or ask: there is no CORS', async (t) => {
    const s = await startTestMode(t)
    const origin = 'https://evil.example.com'
    for (const { method, path } of questions) {
      const preflight = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      }
      const asked = await s.ask({ method: 'OPTIONS', path, headers: preflight })
      const answered = await s.ask({ method: 'GET', path, headers: { origin } })
      for (const answer of [asked, answered])
        assert.deepEqual(
          Object.keys(answer.headers).filter((name) => name.startsWith('access-control-')),
          [],
        )
      assert.equal(asked.status, 405)
    }
  })
})
