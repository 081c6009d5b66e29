/** Beside the legacy API every refusal is a problem (RFC 9457), also where no route was found or no request could be read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectProblem, paths } from '../scenario.ts'
import { startServer } from '../start-server.ts'

/** Addresses that look like one of ours (GHSA-x732-6j76-qmhm, CVE-2023-38507, CVE-2026-32130, CVE-2026-33494). */
const lookalikes: readonly string[] = [
  '/',
  '/api',
  '/api/',
  '/nope',
  '//api/login',
  '/api//login',
  '/api/login//',
  '/API/login',
  '/api/Login',
  '/api/login;x=1',
  '/api/login.json',
  '/api/./login',
  '/api/x/../login',
  '/api/login/.',
  '/api%2Flogin',
  '/api/login%2F',
  '/api/login%00',
  '/api/login%20',
  '/%2e%2e/api/login',
  '/api/v1/login',
  '/.env',
  '/api/__proto__',
  '/api/constructor',
]

const undecodable: readonly string[] = ['/%', '/%zz', '/api/%E0%A4%A', '/api/login%', '/%ff', '\\api\\login']

const reads = ['/healthz', '/readyz', '/.well-known/jwks.json']

test('a problem', async (t) => {
  const s = await startServer(t)

  for (const path of lookalikes) {
    await t.test(`tells that there is nothing at ${path}`, async () => {
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
        expectProblem(await s.ask({ method, path, body: method === 'POST' ? {} : undefined }), 404, 'not-found')
      }
    })
  }

  for (const path of undecodable) {
    await t.test(`tells that ${path} is no address`, async () => {
      for (const method of ['GET', 'POST']) {
        expectProblem(await s.ask({ method, path, body: method === 'POST' ? {} : undefined }), 400, 'malformed-request')
      }
      assert.equal(s.logs.at(-1)?.fields.refusal, 'malformed-request')
    })
  }

  for (const path of reads) {
    await t.test(`tells which methods ${path} takes`, async () => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
        const answer = await s.ask({ method, path })
        expectProblem(answer, 405, 'method-not-allowed')
        assert.equal(answer.headers.allow, 'GET, HEAD')
      }
    })
  }

  await t.test('tells that a body is too large, also where the API is an old one', async () => {
    for (const path of [...Object.values(paths), '/healthz', '/nope']) {
      expectProblem(await s.post(path, 'x'.repeat(64 * 1024 + 1)), 413, 'body-too-large')
    }
  })

  await t.test('tells that QUERY wants a content type', async () => {
    for (const path of ['/healthz', '/nope', paths.login]) {
      expectProblem(await s.ask({ method: 'QUERY', path }), 400, 'malformed-request')
    }
  })

  await t.test('says nothing of what failed here; the log has it under the same request', async () => {
    await s.db.schema.alterTable('user').renameTo('user_away').execute()
    const answer = await s.post(paths.login, { email: 'ann@example.com', password: 'whatever it is' })
    await s.db.schema.alterTable('user_away').renameTo('user').execute()
    const requestId = answer.headers['x-request-id']
    assert.equal(answer.status, 500)
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    const instance = `urn:request:${requestId}`
    assert.deepEqual(answer.json, { type: 'about:blank', title: 'Something failed here', status: 500, instance })
    const line = s.logs.find(({ level, fields }) => level === 'error' && fields.requestId === requestId)
    assert.match(String(line?.fields.err), /no such table/)
  })

  await t.test('is told by a name that is new each time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => s.get('/nope')))
    assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 20)
  })
})

/** Bytes on the wire that are no request. */
const noRequests: readonly [title: string, bytes: string | Buffer, status: number][] = [
  ['no HTTP', 'hello\r\n\r\n', 400],
  ['the beginning of TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
  ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a method that nobody knows', 'BREW /api/login HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a version that nobody knows', 'GET /healthz HTTP/7.0\r\nHost: x\r\n\r\n', 400],
  ['two lengths', post('Content-Length: 2\r\nContent-Length: 3', '{}'), 400],
  ['a length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked', '{}'), 400],
  ['a length that is none', post('Content-Length: two', '{}'), 400],
  ['a negative length', post('Content-Length: -2', '{}'), 400],
  ['an unknown transfer coding', post('Transfer-Encoding: xchunked', '{}'), 400],
  ['a chunk without a size', post('Transfer-Encoding: chunked', 'x\r\n{}\r\n0\r\n\r\n'), 400],
  ['a chunk beyond all sizes', post('Transfer-Encoding: chunked', 'fffffffffffffffff\r\n{}'), 400],
  ['a space before a colon', post('Content-Length : 2', '{}'), 400],
  ['a NUL in a header', post('X: a\0b', ''), 400],
  ['a header of 20,000 characters', post(`X: ${'x'.repeat(20_000)}`, ''), 431],
  ['many headers', post(Array.from({ length: 1500 }, (_, n) => `X-Header-${n}: x`).join('\r\n'), ''), 431],
  ['an address of 20,000 characters', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
]

test('bytes that are no request', async (t) => {
  const s = await startServer(t)
  for (const [title, bytes, status] of noRequests) {
    await t.test(`${title}: ${status}, and the connection is closed`, async () => {
      const [head = '', body = ''] = (await s.sendRaw(bytes)).split('\r\n\r\n')
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
      assert.match(head, /content-type: application\/problem\+json/i)
      const problem = JSON.parse(body)
      assert.equal(problem.status, status)
      assert.equal(problem.code, status === 431 ? 'headers-too-large' : 'malformed-request')
    })
  }

  await t.test('a request without a host is refused', async () => {
    assert.match(await s.sendRaw('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  await t.test('an address of another server leads nowhere', async () => {
    const request = 'POST http://evil.example/api/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'
    assert.match(await s.sendRaw(request), /^HTTP\/1\.1 4\d\d /)
  })

  await t.test('and afterwards it answers as before', async () => {
    assert.equal((await s.get('/healthz')).status, 200)
  })
})

function post(headers: string, body: string): string {
  return `POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`
}
