import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createFetch, type OutgoingRequest } from './fetch.ts'

const ours = { timeoutMs: 5_000, maxBytes: 1_000, allowPrivate: true, allowPlain: true }
const theirs = { timeoutMs: 5_000, maxBytes: 1_000, allowPlain: true }
const fetch = createFetch()

describe('an outgoing request', () => {
  it('is answered with status, headers and body', async (t) => {
    const url = await listen(t, async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      response.setHeader('x-given', request.headers['x-asked'] ?? '').statusCode = 201
      response.end(`${request.method} ${request.url} ${body} ${request.headers['user-agent']}`)
    })
    const outcome = await fetch({
      ...ours,
      url: `${url}/a?b`,
      method: 'POST',
      body: 'hello',
      headers: { 'x-asked': 'x' },
    })
    assert.ok(outcome.kind === 'answered')
    assert.equal(outcome.status, 201)
    assert.equal(outcome.headers['x-given'], 'x')
    assert.equal(outcome.body.toString(), 'POST /a?b hello samurai-auth')
  })

  it('follows no redirect (CVE-2025-67494): it is the answer', async (t) => {
    let visits = 0
    const other = await listen(t, (_request, response) => {
      visits++
      response.end()
    })
    const url = await listen(t, (_request, response) => response.writeHead(302, { location: other }).end())
    const outcome = await fetch({ ...ours, url })
    assert.ok(outcome.kind === 'answered')
    assert.equal(outcome.status, 302)
    assert.equal(visits, 0)
  })

  it('ends when the time is over: nobody answers', async (t) => {
    const url = await listen(t, () => {})
    await expectFailure({ ...ours, url, timeoutMs: 50 }, 'timeout')
  })

  it('ends when the time is over: the answer drips', async (t) => {
    const url = await listen(t, async (_request, response) => {
      while (!response.destroyed) {
        response.write('.')
        await wait(10)
      }
    })
    await expectFailure({ ...ours, url, timeoutMs: 100 }, 'timeout')
  })

  it('ends when the time is over: the name is not resolved', async () => {
    const { reason, milliseconds } = await failure(
      { ...theirs, url: 'https://example.com', timeoutMs: 50 },
      createFetch({ resolve: () => new Promise(() => {}) }),
    )
    assert.equal(reason, 'timeout')
    assert.ok(milliseconds < 2_000, `${milliseconds}`)
  })

  it('ends when the answer is too large, and closes the connection', async (t) => {
    let isClosed = false
    const url = await listen(t, async (_request, response) => {
      response.on('close', () => {
        isClosed = true
      })
      while (!response.destroyed) {
        response.write('.'.repeat(600))
        await wait(5)
      }
    })
    await expectFailure({ ...ours, url }, 'too-large')
    for (let round = 0; round < 100 && !isClosed; round++) await wait(10)
    assert.equal(isClosed, true)
  })

  it('may have an answer of exactly the size that is allowed', async (t) => {
    const url = await listen(t, (_request, response) => response.end('.'.repeat(1_000)))
    const outcome = await fetch({ ...ours, url })
    assert.equal(outcome.kind === 'answered' && outcome.body.length, 1_000)
  })

  it('fails when the answer is cut off', async (t) => {
    const url = await listen(t, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half')
      setTimeout(() => response.destroy(), 20)
    })
    await expectFailure({ ...ours, url }, 'unreachable')
  })

  const skipped: [what: string, answer: (response: ServerResponse) => void][] = [
    ['is too long', (response) => response.end('.'.repeat(100_000))],
    ['never ends', (response) => response.write('.')],
    ['is cut off', (response) => response.write('.', () => response.destroy())],
  ]
  for (const [what, answer] of skipped) {
    it(`whose status alone counts is answered soon, though the body ${what}`, async (t) => {
      const url = await listen(t, (_request, response) =>
        answer(response.writeHead(202, { 'content-length': '100000' })),
      )
      const startedAt = performance.now()
      const outcome = await fetch({ ...ours, url, ignoresBody: true })
      assert.ok(performance.now() - startedAt < 3_000)
      assert.ok(outcome.kind === 'answered')
      assert.deepEqual([outcome.status, outcome.body.length], [202, 0])
    })
  }

  it('fails when nobody listens, or something else than HTTP does', async (t) => {
    const url = await listen(t, (_request, response) => response.socket?.end('220 mail.example.com ESMTP\r\n'))
    await expectFailure({ ...ours, url }, 'unreachable')
    await expectFailure({ ...ours, url: 'http://127.0.0.1:1' }, 'unreachable')
  })

  it('goes to nobody whose certificate we do not trust', async (t) => {
    let visits = 0
    const url = await listenWithTls(t, (_request, response) => {
      visits++
      response.end()
    })
    await expectFailure({ ...ours, url }, 'unreachable')
    assert.equal(visits, 0)
  })

  const refused = [
    'http://example.com/', // not encrypted
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://user:password@example.com/',
    '//example.com/',
    'no address',
  ]
  for (const url of refused) {
    it(`is not made to what is no address of the web: ${url}`, async () => {
      await expectFailure({ timeoutMs: 1_000, maxBytes: 1_000, url }, 'target-refused')
    })
  }
})

// CVE-2026-35409, CVE-2026-5469 too: requests into the network behind us.
describe('CVE-2025-67494, CVE-2026-27945, CVE-2026-55671: an outgoing request to what somebody else named', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '１２７.0.0.1', // fullwidth digits
    'localhost',
    'LOCALHOST',
  ]
  for (const host of spellings) {
    it(`does not reach this machine as ${host}`, async (t) => {
      let visits = 0
      const url = await listen(t, (_request, response) => {
        visits++
        response.end()
      })
      await expectFailure({ ...theirs, url: url.replace('127.0.0.1', host) }, 'target-refused')
      assert.equal(visits, 0)
    })
  }

  for (const host of ['169.254.169.254', '10.0.0.1', '192.168.1.1', '172.16.0.1', '[fe80::1]', '[fd00::1]']) {
    it(`does not reach ${host}`, () => expectFailure({ ...theirs, url: `http://${host}/` }, 'target-refused'))
  }

  it('does not reach a name of which one address is private', async () => {
    const resolve = async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ]
    const { reason } = await failure({ ...theirs, url: 'https://example.com/' }, createFetch({ resolve }))
    assert.equal(reason, 'target-refused')
  })

  it('resolves a name once, so that a second answer of DNS changes nothing (rebinding)', async (t) => {
    let visits = 0
    const url = await listen(t, (_request, response) => {
      visits++
      response.end()
    })
    const asked: string[] = []
    const resolve = async (name: string) => {
      asked.push(name)
      return [{ address: asked.length === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]
    }
    const rebinding = createFetch({ resolve })
    const { reason } = await failure({ ...theirs, url: url.replace('127.0.0.1', 'rebind.example') }, rebinding)
    assert.equal(reason, 'target-refused')
    assert.deepEqual(asked, ['rebind.example'])
    assert.equal(visits, 0)
  })

  it('connects to the address that was looked at, under the name that was given', async (t) => {
    const url = await listen(t, (request, response) => response.end(request.headers.host))
    const named = url.replace('127.0.0.1', 'service.example')
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    const outcome = await createFetch({ resolve })({ ...ours, url: named })
    assert.equal(outcome.kind === 'answered' && outcome.body.toString(), new URL(named).host)
  })

  it('fails when the name has no address', async () => {
    const { reason } = await failure({ ...theirs, url: 'https://x.invalid/' }, createFetch({ resolve: async () => [] }))
    assert.equal(reason, 'target-refused')
  })
})

async function expectFailure(request: OutgoingRequest, reason: string): Promise<void> {
  assert.equal((await failure(request)).reason, reason)
}

async function failure(request: OutgoingRequest, fetchOne = fetch) {
  const startedAt = performance.now()
  const outcome = await fetchOne(request)
  assert.ok(outcome.kind === 'failed', JSON.stringify(outcome))
  return { reason: outcome.reason, milliseconds: performance.now() - startedAt }
}

function listen(t: TestContext, listener: RequestListener): Promise<string> {
  return start(t, createServer(listener), 'http')
}

function listenWithTls(t: TestContext, listener: RequestListener): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  )
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener)
  rmSync(folder, { recursive: true })
  return start(t, server, 'https')
}

async function start(t: TestContext, server: Server, scheme: string): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}
