import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { createFetch } from '../../platform/fetch.ts'
import { type BreachLookup, createBreachCheck } from './breached-passwords.ts'

// SHA-1 of 'password', as the API's own documentation has it.
const PREFIX = '5BAA6'
const REST = '1E4C9B93F3F0682250B6CF8331B7EE68FD8'
const OTHERS = ['0018A45C4D1DEF81644B54AB7F969B88D65:10', '00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2']

const KNOWN = ['This password has appeared in a data breach, so others may try it. Choose another one.']
const UNANSWERED = ['This password could not be compared with breached ones at the moment. Try again later.']

describe('a password that is looked up among breached ones', () => {
  it('is refused when it is among them', async (t) => {
    const { check } = await start(t, answering([...OTHERS, `${REST}:9545824`]))
    assert.deepEqual(await check('password'), KNOWN)
  })

  it('is accepted when it is not', async (t) => {
    const { check, logs } = await start(t, answering(OTHERS))
    assert.deepEqual(await check('password'), [])
    assert.deepEqual(logs, [])
  })

  it('is accepted when it is only there as padding', async (t) => {
    const { check } = await start(t, answering([...OTHERS, `${REST}:0`]))
    assert.deepEqual(await check('password'), [])
  })

  it('is found among small letters, and among lines that end as those of Unix', async (t) => {
    const { check } = await start(t, answering([`${REST}:3`.toLowerCase()], '\n'))
    assert.deepEqual(await check('password'), KNOWN)
  })

  it('is looked up in its composed form, as it is hashed', async (t) => {
    const word = 'été-été'.normalize('NFC')
    const rest = createHash('sha1').update(word).digest('hex').toUpperCase().slice(5)
    const { check } = await start(t, answering([`${rest}:1`]))
    assert.deepEqual(await check(word.normalize('NFD')), KNOWN)
  })

  it('tells the other side five characters of a hash, asks for padding, and nothing else leaves the process', async (t) => {
    const { check, requests } = await start(t, answering(OTHERS))
    await check('password')
    const [request] = requests
    assert.equal(requests.length, 1)
    assert.equal(request?.url, `/range/${PREFIX}`)
    assert.equal(request?.method, 'GET')
    const { host, ...headers } = request?.headers ?? {}
    assert.ok(host)
    assert.deepEqual(headers, {
      'user-agent': 'samurai-auth',
      accept: 'text/plain',
      'add-padding': 'true',
      connection: 'close',
    })
  })

  const failures: readonly [how: string, listener: RequestListener, why: string][] = [
    ['hangs', () => {}, 'timeout'],
    ['is out of order', (_, response) => response.writeHead(503).end(), 'status 503'],
    ['limits us', (_, response) => response.writeHead(429, { 'retry-after': '2' }).end(), 'status 429'],
    ['redirects', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 'status 302'],
    ['sends a page', (_, response) => response.end('<html>Sign in to this network</html>'), 'no range'],
    ['sends nothing', (_, response) => response.end(), 'no range'],
    ['sends too much', (_, response) => response.end(`${OTHERS[0]}\r\n`.repeat(20_000)), 'too-large'],
    ['hangs up', (_, response) => response.destroy(), 'unreachable'],
  ]
  for (const [how, listener, why] of failures) {
    const patience = how === 'hangs' ? 200 : 5_000
    it(`is accepted with a warning when the other side ${how} and failures are open`, async (t) => {
      const { check, logs, requests } = await start(t, listener, { timeoutMs: patience })
      assert.deepEqual(await check('password'), [])
      assert.deepEqual(logs, [{ why, policy: 'open' }])
      assert.equal(requests.length, 1)
    })

    it(`is refused with a warning when the other side ${how} and failures are closed`, async (t) => {
      const { check, logs } = await start(t, listener, { onFailure: 'closed', timeoutMs: patience })
      assert.deepEqual(await check('password'), UNANSWERED)
      assert.deepEqual(logs, [{ why, policy: 'closed' }])
    })
  }

  it('waits no longer than it may', async (t) => {
    const { check } = await start(t, () => {}, { timeoutMs: 100 })
    const startedAt = performance.now()
    await check('password')
    const milliseconds = performance.now() - startedAt
    assert.ok(milliseconds >= 90 && milliseconds < 2_000, `${milliseconds}`)
  })

  it('is one of 64 at a time; more have failed at once, so that a server that hangs collects no sockets', async (t) => {
    const { check, requests, logs } = await start(t, () => {}, { timeoutMs: 1_500 })
    await Promise.all(Array.from({ length: 80 }, () => check('password')))
    assert.equal(requests.length, 64)
    assert.equal(logs.filter(({ why }) => why === 'too many look-ups at once').length, 16)
    assert.equal(logs.filter(({ why }) => why === 'timeout').length, 64)
  })
})

function answering(lines: readonly string[], end = '\r\n'): RequestListener {
  return (_request, response) => response.end(lines.join(end))
}

/** A range API of our own. */
async function start(t: TestContext, listener: RequestListener, changes: Partial<BreachLookup> = {}) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range`
  const logs: Record<string, unknown>[] = []
  const note = (fields: object) => void logs.push({ ...fields })
  const logger = { debug: note, info: note, warn: note, error: note, fatal: note }
  const api: BreachLookup = { url, timeoutMs: 5_000, onFailure: 'open', ...changes }
  return { requests, logs, check: createBreachCheck({ fetch: createFetch(), logger }, api) }
}
