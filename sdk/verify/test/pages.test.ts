import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Issuer, makeKey, startIssuer } from './issuer.ts'
import { feedAsked, isFeed, setScene, untilRevoked } from './scene.ts'
import { assertRefused, codeOf, until, verifierOf } from './setup.ts'

describe('pages', { concurrency: true }, () => {
  it('that come twice or late add nothing and undo nothing', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t)
    const early = await issuer.page()
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    const late = await issuer.page()
    for (const page of [late, early, late, early]) issuer.push(page)
    await wait(300)
    await assertRefused(verifier, token, 'revoked')
    assert.equal(verifier.status().revocations, 1)
    assert.deepEqual(verifier.warnings, [])
    issuer.cutStreams()
    await until('it has joined again', () => feedAsked(issuer).length === 2)
    assert.match(feedAsked(issuer)[1] ?? '', /after=1$/, 'the cursor did not go back')
  })

  for (const mode of ['stream', 'poll'] as const) {
    it(`that say there is more are read to the end before anything is decided, by ${mode}`, async (t) => {
      const issuer = await startIssuer(t)
      issuer.pageSize = 10
      for (let n = 0; n < 35; n++) issuer.revocations.push({ sid: `ended ${n}`, exp: Date.now() / 1000 + 600 })
      const verifier = verifierOf(t, issuer, { revocations: { mode, maxAgeSeconds: 5 } })
      await verifier.ready()
      assert.equal(verifier.status().revocations, 35)
      await assertRefused(verifier, await issuer.token({ sid: 'ended 34' }), 'revoked')
      assert.deepEqual(verifier.warnings, [])
    })
  }

  it('that say there is more do not make the feed fresh, however many come', async (t) => {
    const issuer = await startIssuer(t)
    const makePage = issuer.page
    issuer.page = (claims, header, after) => makePage({ ...claims, more: true }, header, after)
    const verifier = verifierOf(t, issuer, { revocations: {} })
    void verifier.ready().catch(() => undefined)
    await issuer.revoke('ended')
    await until('it has come', () => verifier.status().revocations === 1)
    assert.equal(verifier.status().isAvailable, false)
    assert.equal(verifier.status().revocationsAge, undefined)
    issuer.page = makePage
    await until('the last one has come', () => verifier.status().isAvailable)
  })

  it('that lead nowhere are not asked for again at once', async (t) => {
    const issuer = await startIssuer(t)
    const makePage = issuer.page
    issuer.page = (claims, header, after) => makePage({ ...claims, more: true, cursor: '0' }, header, after)
    const verifier = verifierOf(t, issuer, { revocations: { mode: 'poll' } })
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.deepEqual(verifier.warnings, ['revocations-unavailable'])
    assert.ok(feedAsked(issuer).length <= 3)
  })

  it('of a walk are followed also where one process of the issuer is a little behind another', async (t) => {
    const issuer = await startIssuer(t)
    issuer.pageSize = 1
    for (let n = 0; n < 5; n++) issuer.revocations.push({ sid: `ended ${n}`, exp: Date.now() / 1000 + 600 })
    const makePage = issuer.page
    let pages = 0
    issuer.page = (claims, header, after) =>
      makePage({ ...claims, iat: Date.now() / 1000 - 0.4 * (pages++ % 2) }, header, after)
    const verifier = verifierOf(t, issuer, { revocations: { mode: 'poll' } })
    await verifier.ready()
    assert.equal(verifier.status().revocations, 5)
    assert.equal(feedAsked(issuer).length, 5)
  })

  it('that are old do not keep the feed fresh: a cache that repeats one is found out', async (t) => {
    const issuer = await startIssuer(t)
    const frozen = await issuer.page()
    issuer.instead = (request, response) => {
      if (isFeed(request)) response.writeHead(200, { 'content-type': 'application/jwt' }).end(frozen)
      return isFeed(request)
    }
    const verifier = verifierOf(t, issuer, { revocations: { mode: 'poll', maxAgeSeconds: 5 } })
    await verifier.ready()
    assert.equal(verifier.status().isAvailable, true)
    await until('it has been repeated', () => feedAsked(issuer).length >= 3)
    verifier.clock.advance(6)
    const asked = feedAsked(issuer).length
    await until('it has been repeated again', () => feedAsked(issuer).length >= asked + 2)
    assert.equal(verifier.status().isAvailable, false)
  })

  it('that are old when the verifier begins do not count as fresh', async (t) => {
    const issuer = await startIssuer(t)
    issuer.clockAhead = -120
    const verifier = verifierOf(t, issuer, { revocations: {} })
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.ok((verifier.status().revocationsAge ?? 0) > 85)
  })

  it('of an issuer whose clock is somewhat off are as fresh as others', async (t) => {
    for (const clockAhead of [-20, 20, 300]) {
      const issuer = await startIssuer(t)
      issuer.clockAhead = clockAhead
      const verifier = verifierOf(t, issuer, { revocations: {} })
      await verifier.ready()
      assert.ok((verifier.status().revocationsAge ?? 99) < 2)
    }
  })

  it('whose key is new are read after a fetch of the keys', async (t) => {
    const { issuer, verifier, token, sid } = await setScene(t)
    await issuer.rotate()
    await issuer.revoke(sid)
    await untilRevoked(verifier, token)
    assert.deepEqual(verifier.warnings, [])
  })

  it('that no longer name a key end what it has signed, remembered or not, whatever the key set says', async (t) => {
    const { issuer, verifier, token } = await setScene(t)
    const [stolen] = issuer.keys
    await issuer.rotate()
    const fresh = await issuer.token({}, {}, stolen)
    await verifier.verify(await issuer.token())
    assert.equal(await codeOf(verifier, fresh), 'accepted')
    const kids = [issuer.currentKey.kid]
    const makePage = issuer.page
    issuer.page = (claims, header, after) => makePage({ ...claims, keys: kids }, header, after)
    await until('it is refused', async () => (await codeOf(verifier, token)) === 'unknown-key')
    await assertRefused(verifier, fresh, 'unknown-key')
    verifier.clock.advance(10)
    await assertRefused(verifier, token, 'unknown-key')
    assert.equal(verifier.status().keys, 2, 'it has been fetched again, and the set still has the key')
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted')
  })

  it('that are late do not retire a key which is newer than they are', async (t) => {
    const { issuer, verifier } = await setScene(t)
    const late = await issuer.page()
    await issuer.rotate()
    const token = await issuer.token()
    await verifier.verify(token)
    await issuer.revoke('another session')
    await until('a page of the new key has come', () => verifier.status().revocations === 1)
    issuer.push(late)
    await wait(50)
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  const wrongPages: [string, (issuer: Issuer) => Promise<string>][] = [
    ['that are tokens', (issuer) => issuer.token()],
    ['of the type of a token', (issuer) => issuer.page({}, { typ: 'JWT' })],
    ['without a type', (issuer) => issuer.page({}, { typ: undefined })],
    ['of another issuer', (issuer) => issuer.page({ iss: 'https://other.example' })],
    ['without a time', (issuer) => issuer.page({ iat: undefined as never })],
    ['without a cursor', (issuer) => issuer.page({ cursor: 7 as never })],
    ['without a list', (issuer) => issuer.page({ revocations: {} as never })],
    ['with more than a yes', (issuer) => issuer.page({ more: 'some' as never })],
    ['without keys', (issuer) => issuer.page({ keys: undefined as never })],
    ['with an entry that is none', (issuer) => issuer.page({ revocations: [null as never] })],
    ['with an entry without expiry', (issuer) => issuer.page({ revocations: [{ sid: 'a' } as never] })],
    ['with an empty session', (issuer) => issuer.page({ revocations: [{ sid: '', exp: 1 }] })],
    ['with an endless session', (issuer) => issuer.page({ revocations: [{ sid: 'x'.repeat(200), exp: 1 }] })],
    [
      'of another key with the same kid',
      async (issuer) => {
        const foreign = { ...(await makeKey('ES256')), kid: issuer.currentKey.kid }
        issuer.keys.push(foreign)
        const page = await issuer.page()
        issuer.keys.pop()
        return page
      },
    ],
  ]
  for (const [what, make] of wrongPages) {
    it(`${what} are not read: the connection is given up`, async (t) => {
      const { issuer, verifier, token } = await setScene(t)
      issuer.push(await make(issuer))
      await until('it is told', () => verifier.warnings.includes('revocations-unavailable'))
      await until('the feed is joined again', () => feedAsked(issuer).length === 2)
      assert.equal(await codeOf(verifier, token), 'accepted')
      assert.equal(verifier.status().revocations, 0)
    })
  }

  it('that are too long are not read', async (t) => {
    const { issuer, verifier } = await setScene(t)
    issuer.push('x'.repeat(17 * 1024 * 1024))
    await until('it is told', () => verifier.warnings.includes('revocations-unavailable'))
    await until('the feed is joined again', () => feedAsked(issuer).length === 2)
  })
})
