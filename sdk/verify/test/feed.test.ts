import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Issuer, startIssuer } from './issuer.ts'
import { feedAsked, isFeed, setScene, untilRevoked } from './scene.ts'
import { codeOf, until, verifierOf } from './setup.ts'

const isStream = ({ url = '' }: IncomingMessage) => url.startsWith('/api/revocations/stream')
const streamsAsked = (issuer: Issuer) => feedAsked(issuer).filter((path) => path.includes('/stream')).length

describe('a feed that breaks', { concurrency: true }, () => {
  it('goes on where it was, and nothing that happened meanwhile is lost', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t)
    await issuer.revoke('other')
    await until('it has come', () => verifier.status().revocations === 1)
    await issuer.stop()
    await issuer.revoke(sid)
    assert.equal(await codeOf(verifier, token), 'accepted', 'it cannot know yet')
    await issuer.start()
    await untilRevoked(verifier, token)
    assert.match(feedAsked(issuer).at(-1) ?? '', /stream\?after=1$/)
    assert.deepEqual(verifier.warnings, ['revocations-unavailable'])
  })

  it('is joined again with growing pauses', async (t) => {
    const { issuer } = await setScene(t)
    issuer.instead = (request, response) => {
      if (isFeed(request)) response.writeHead(503).end()
      return isFeed(request)
    }
    issuer.cutStreams()
    const before = streamsAsked(issuer)
    await wait(3000)
    const tries = streamsAsked(issuer) - before
    assert.ok(tries >= 2 && tries <= 5, `${tries} tries in 3 s`)
  })

  for (const status of [429, 503]) {
    it(`is asked for page by page while the stream is refused with ${status}, and followed again afterwards`, async (t) => {
      const issuer = await startIssuer(t)
      await issuer.revoke('before')
      issuer.instead = (request, response) => {
        if (isStream(request)) response.writeHead(status).end()
        return isStream(request)
      }
      const verifier = verifierOf(t, issuer, { revocations: { maxAgeSeconds: 5 } })
      await verifier.ready()
      assert.equal(await codeOf(verifier, await issuer.token({ sid: 'before' })), 'revoked')
      const { sessionId = '' } = await verifier.verify(await issuer.token())
      await issuer.revoke(sessionId)
      await untilRevoked(verifier, await issuer.token({ sid: sessionId }))
      await wait(6000)
      assert.equal(verifier.status().isAvailable, true, 'it stays fresh')
      assert.deepEqual(verifier.warnings, ['revocation-stream-refused'], 'it is told once')
      issuer.instead = undefined
      const before = streamsAsked(issuer)
      await until('the stream is asked for', () => streamsAsked(issuer) > before)
      await wait(500)
      await issuer.revoke('at once')
      const startedAt = performance.now()
      await untilRevoked(verifier, await issuer.token({ sid: 'at once' }))
      assert.ok(performance.now() - startedAt < 1000)
    })
  }

  it('is out of reach when pages are refused too', async (t) => {
    const issuer = await startIssuer(t)
    issuer.instead = (request, response) => {
      if (isFeed(request)) response.writeHead(503).end()
      return isFeed(request)
    }
    const verifier = verifierOf(t, issuer, { revocations: {} })
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.deepEqual(verifier.warnings, ['revocations-unavailable'])
  })

  it('begins anew when the issuer does not know the cursor any more', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t)
    issuer.instead = (request, response) => {
      const isOld = isFeed(request) && (request.url ?? '').includes('after=')
      if (isOld) response.writeHead(410).end()
      return isOld
    }
    issuer.cutStreams()
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    assert.doesNotMatch(feedAsked(issuer).at(-1) ?? '', /after/)
  })

  it('that falls silent is given up after five heartbeats, though it stays connected', async (t) => {
    const issuer = await startIssuer(t)
    issuer.instead = (request, response) => {
      if (isFeed(request)) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': comment\n\n')
      return isFeed(request)
    }
    const verifier = verifierOf(t, issuer, { revocations: {} })
    const signs = setInterval(() => issuer.push('no page'), 500)
    t.after(() => clearInterval(signs))
    const startedAt = performance.now()
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.ok(performance.now() - startedAt > 9000)
    issuer.instead = undefined
    await until('it has come to itself', () => verifier.status().isAvailable)
  })

  it('is not given up as long as pages come', async (t) => {
    const { issuer, verifier } = await setScene(t)
    await wait(11_000)
    assert.equal(feedAsked(issuer).length, 1)
    assert.deepEqual(verifier.warnings, [])
  })

  const answers: [string, string, string][] = [
    ['another type of content', 'text/html', 'data: x\n\n'],
    ['an end before the first page', 'text/event-stream', ''],
    ['something that is no page', 'text/event-stream', 'data: x\n\n'],
  ]
  for (const [what, type, body] of answers) {
    it(`does not count as followed when it answers with ${what}`, async (t) => {
      const issuer = await startIssuer(t)
      issuer.instead = (request, response) => {
        if (isFeed(request)) response.writeHead(200, { 'content-type': type }).end(body)
        return isFeed(request)
      }
      const verifier = verifierOf(t, issuer, { revocations: {} })
      await assert.rejects(verifier.ready(), { code: 'unavailable' })
      assert.deepEqual(verifier.warnings, ['revocations-unavailable'])
      issuer.instead = undefined
      await until('it has come to itself', () => verifier.status().isAvailable)
    })
  }
})
