import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startIssuer } from './issuer.ts'
import { feedAsked, isFeed, setScene, untilRevoked } from './scene.ts'
import { assertRefused, codeOf, until, verifierOf } from './setup.ts'

describe('a token of an ended session', () => {
  it('is refused within a moment, though it is remembered and has not expired', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t)
    const startedAt = performance.now()
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    assert.ok(performance.now() - startedAt < 1000)
    assert.throws(() => verifier.verifySync(token), { code: 'revoked' })
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted', 'others are not touched')
    assert.equal(await codeOf(verifier, await issuer.token({ sid })), 'revoked', 'nor is a new one of it accepted')
  })

  it('is refused when the session ended before the verifier began', async (t) => {
    const issuer = await startIssuer(t)
    await issuer.revoke('ended')
    const verifier = verifierOf(t, issuer, { revocations: {} })
    await verifier.ready()
    await assertRefused(verifier, await issuer.token({ sid: 'ended' }), 'revoked')
  })

  it('is refused when the feed is polled', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t, { revocations: { mode: 'poll', maxAgeSeconds: 5 } })
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    await until('it has asked again', () => feedAsked(issuer).length >= 3)
    assert.ok(feedAsked(issuer).every((path) => !path.includes('stream')))
    assert.match(feedAsked(issuer).at(-1) ?? '', /\?after=1$/)
  })

  it('is accepted when revocations are off: nothing is asked', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t, { revocations: { mode: 'off' } })
    await issuer.revoke(sid)
    assert.equal(await codeOf(verifier, token), 'accepted')
    assert.deepEqual(feedAsked(issuer), [])
    assert.equal(verifier.status().areRevocationsFresh, false)
  })

  it('nothing that a session may be called is mistaken for another', async (t) => {
    const { issuer, verifier } = await setScene(t)
    const sid = '__proto__'
    assert.equal(await codeOf(verifier, await issuer.token({ sid })), 'accepted')
    assert.equal(await codeOf(verifier, await issuer.token({ sid: 'constructor' })), 'accepted')
    await issuer.revoke(sid)
    await until('it has come', () => verifier.status().revocations === 1)
    await assertRefused(verifier, await issuer.token({ sid }), 'revoked')
    assert.equal(await codeOf(verifier, await issuer.token({ sid: 'constructor' })), 'accepted')
  })
})

describe('when the feed is too old', () => {
  it('fail closed: nothing is decided, until it is back', async (t) => {
    const { issuer, verifier, token } = await setScene(t, { revocations: { maxAgeSeconds: 30 } })
    await issuer.stop()
    verifier.clock.advance(28)
    assert.equal(await codeOf(verifier, token), 'accepted')
    verifier.clock.advance(3)
    await assertRefused(verifier, token, 'unavailable')
    assert.throws(() => verifier.verifySync(token), { code: 'unavailable' })
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.equal(verifier.status().isAvailable, false)
    issuer.clockAhead = 31 // time has passed there too
    await issuer.start()
    await until('it is back', () => verifier.status().isAvailable)
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  it('fail open: tokens are accepted, and that is told once', async (t) => {
    const { issuer, verifier, token } = await setScene(t, { revocations: { fail: 'open', maxAgeSeconds: 30 } })
    await issuer.stop()
    verifier.clock.advance(31)
    for (let n = 0; n < 3; n++) assert.equal(await codeOf(verifier, token), 'accepted')
    assert.equal(verifier.status().areRevocationsFresh, false)
    assert.equal(verifier.status().isAvailable, true)
    assert.ok((verifier.status().revocationsAge ?? 0) > 30)
    assert.equal(verifier.warnings.filter((code) => code === 'revocations-stale').length, 1)
  })

  it('fail open: what was known to have ended stays refused', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t, { revocations: { fail: 'open' } })
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    await issuer.stop()
    verifier.clock.advance(200)
    await assertRefused(verifier, token, 'revoked')
  })

  it('fail open: a feed that was never there delays the start and no more', async (t) => {
    const issuer = await startIssuer(t)
    issuer.instead = (request, response) => {
      if (isFeed(request)) response.writeHead(404).end()
      return isFeed(request)
    }
    const verifier = verifierOf(t, issuer, { revocations: { fail: 'open' } })
    await verifier.ready()
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted')
    assert.deepEqual(verifier.warnings, ['revocations-unavailable', 'revocations-stale'])
    assert.equal(verifier.status().revocationsAge, undefined)
  })

  it('a wall clock that is set back does not make it younger', async (t) => {
    const { issuer, verifier, token } = await setScene(t, { revocations: { maxAgeSeconds: 30 } })
    await issuer.stop()
    verifier.clock.jump(-20)
    verifier.clock.advance(31)
    await assertRefused(verifier, token, 'unavailable')
  })

  it('nor does a machine that sleeps, whose monotonic clock stands still', async (t) => {
    const { issuer, verifier, token } = await setScene(t, { revocations: { maxAgeSeconds: 30 } })
    await issuer.stop()
    verifier.clock.jump(31)
    await assertRefused(verifier, token, 'unavailable')
  })
})

describe('memory', () => {
  it('entries are forgotten a minute after their tokens expired, by both clocks', async (t) => {
    const { issuer, verifier } = await setScene(t)
    const now = Math.floor(Date.now() / 1000)
    await issuer.revoke('short', now + 1)
    await issuer.revoke('long', now + 600)
    await until('both have come', () => verifier.status().revocations === 2)
    issuer.revocations.length = 0
    verifier.clock.advance(120)
    await wait(500)
    assert.equal(verifier.status().revocations, 2, 'by the clock of the issuer they have not expired')
    issuer.clockAhead = 120
    await wait(500)
    verifier.clock.advance(61)
    await until('the short one is forgotten', () => verifier.status().revocations === 1)
    await assertRefused(verifier, await issuer.token({ sid: 'long' }), 'revoked')
  })

  it('remembered tokens are bounded, and those in use stay', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { cacheTokens: 100 })
    const favourite = await issuer.token()
    const first = await verifier.verify(favourite)
    for (let n = 0; n < 500; n++) {
      await verifier.verify(await issuer.token())
      assert.ok(verifier.status().cachedTokens <= 100)
      assert.equal(verifier.verifySync(favourite), first)
    }
  })

  it('nothing is remembered of tokens that are refused', async (t) => {
    const { issuer, verifier, sid } = await setScene(t)
    await issuer.revoke(sid)
    await until('it has come', () => verifier.status().revocations === 1)
    const { cachedTokens } = verifier.status()
    await codeOf(verifier, await issuer.token({ sid }))
    await codeOf(verifier, await issuer.token({ exp: 1 }))
    await codeOf(verifier, await issuer.token({ aud: 'other' }))
    assert.equal(verifier.status().cachedTokens, cachedTokens)
  })

  it('it may be told to remember none', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { cacheTokens: 0 })
    const token = await issuer.token()
    assert.notEqual(await verifier.verify(token), await verifier.verify(token))
    assert.equal(verifier.status().cachedTokens, 0)
  })
})
