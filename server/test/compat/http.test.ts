/** What the five endpoints have in common beyond their bodies: addresses, methods, headers, log lines. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  endpoints,
  expectJson,
  expectTokenRefused,
  expectTokens,
  expectWrongCredentials,
  isGood,
  paths,
  register,
  signIn,
} from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { addressesOf, prepareRequests } from './good-request.ts'

const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']
const bodyless = ['GET', 'HEAD', 'TRACE']
const accepts = [
  'application/json',
  'APPLICATION/JSON',
  'application/json; indent=4',
  'application/*',
  'text/html',
  'x',
  '',
]

test('each endpoint', async (t) => {
  const s = await startServer(t)
  const goodRequests = await prepareRequests(s)

  await t.test('answers under both prefixes, with and without a slash at the end', async () => {
    for (const place of [0, 1, 2, 3]) {
      for (const { endpoint, fields, expectGood } of await goodRequests()) {
        expectGood(await s.post(addressesOf(endpoint)[place] ?? '', fields))
      }
    }
  })

  await t.test('takes no notice of a query', async () => {
    for (const { path, fields, expectGood } of await goodRequests()) {
      expectGood(await s.post(`${path}?x=1&email=other@example.com&token=x`, fields))
    }
  })

  for (const accept of accepts) {
    await t.test(`divergence: answers JSON also where ${JSON.stringify(accept)} is asked for`, async () => {
      expectJson(await s.post(paths.verify, {}, { accept }), 400, { token: ['This field is required.'] })
    })
  }

  for (const method of methods) {
    await t.test(`takes no ${method}`, async () => {
      const body = bodyless.includes(method) ? undefined : {}
      for (const path of endpoints.flatMap(addressesOf)) {
        const answer = await s.ask({ method, path, body })
        assert.equal(answer.headers.allow, 'POST, OPTIONS')
        if (method === 'HEAD') assert.deepEqual([answer.status, answer.text], [405, ''])
        else expectJson(answer, 405, { detail: `Method "${method}" not allowed.` })
      }
    })
  }

  await t.test('says to OPTIONS what it takes', async () => {
    const parses = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']
    for (const path of endpoints.flatMap(addressesOf)) {
      const answer = await s.ask({ method: 'OPTIONS', path })
      assert.equal(answer.headers.allow, 'POST, OPTIONS')
      expectJson(answer, 200, { renders: ['application/json'], parses })
    }
  })

  await t.test('lets no page of another origin read an answer', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://auth.example.com']) {
      for (const method of ['OPTIONS', 'POST']) {
        const headers = { origin, 'access-control-request-method': 'POST' }
        const answer = await s.ask({ method, path: paths.login, headers })
        assert.deepEqual(
          Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
          [],
        )
      }
    }
  })
})

test('log lines', async (t) => {
  const s = await startServer(t)
  const secrets = await useEverySecret(s)

  await t.test('never hold a secret, an address of a person or a query', () => {
    const lines = JSON.stringify(s.logs)
    for (const secret of secrets) assert.ok(!lines.includes(secret), `a line holds ${secret.slice(0, 12)}…`)
  })

  await t.test('tell which request had which answer, and why it was refused', () => {
    const lines = s.logs.filter(({ message }) => message === 'request').map(({ fields }) => fields)
    const [, login, wrong] = lines
    assert.deepEqual(Object.keys(login ?? {}), ['requestId', 'method', 'route', 'status', 'ms', 'address'])
    assert.deepEqual([login?.method, login?.route, login?.status], ['POST', paths.login, 200])
    assert.deepEqual([wrong?.route, wrong?.status, wrong?.refusal], [paths.login, 401, 'wrong-credentials'])
  })

  await t.test('are not written for tokens that are good', () => {
    const verified = s.logs.filter(({ fields }) => fields.route === paths.verify)
    assert.deepEqual(
      verified.map(({ fields }) => fields.status),
      [401],
    )
  })

  await t.test('believe no proxy that is not trusted (CVE-2023-36456)', async () => {
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-request-id', 'request-id']) {
      const forged = '203.0.113.77'
      const answer = await s.post(paths.verify, { token: 'x' }, { [name]: forged })
      const line = s.logs.at(-1)
      assert.equal(line?.fields.address, '127.0.0.1')
      assert.equal(line.fields.requestId, answer.headers['x-request-id'])
      assert.ok(!JSON.stringify(line).includes(forged))
    }
  })
})

/** @returns all that must not be found in a log line */
async function useEverySecret(s: TestServer): Promise<string[]> {
  const { email, password } = await register(s, { email: 'ann@example.com' })
  const { access, refresh } = await signIn(s, email)
  const wrong = { email, password: 'wrong-password' }
  expectWrongCredentials(await s.post(`${paths.login}?password=in-the-query`, wrong))
  assert.equal(await isGood(s, access), true)
  const headers = { authorization: `Bearer ${access}`, cookie: 'a=in-a-cookie' }
  const next = expectTokens(await s.post(paths.refresh, { refresh }, headers))
  expectTokenRefused(await s.post(paths.verify, { token: 'no-token-at-all' }))
  expectJson(await s.post(paths.logout, { refresh: next.refresh }), 200, {})
  const shown = [wrong.password, 'in-the-query', 'in-a-cookie', 'no-token-at-all']
  return [email, password, access, refresh, next.access, next.refresh, ...shown]
}
