/** How long a session lives: idle, in all, and that nothing of it outlives it (NIST SP 800-63B-4 §2, §5.2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectTokenRefused, isGood, join, paths, refresh, signIn, type TokenPair } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const HOUR = 3600
const ENDED = 'Token is blacklisted'
const INVALID = 'Token is invalid or expired'

const expiries = ({ access, refresh }: TokenPair) => [claimsOf(access).exp, claimsOf(refresh).exp]

type Listed = { expires_at: string; ends_at: string }
async function onlySession(s: TestServer, { access }: TokenPair): Promise<Listed> {
  const answer = await s.get('/api/account/sessions', { authorization: `Bearer ${access}` })
  const { sessions } = answer.json as { sessions: [Listed] }
  return sessions[0]
}

for (const { kind, name } of databases()) {
  test(`the absolute lifetime of a session on ${name}`, async (t) => {
    const environment = { SESSION_ABSOLUTE_SECONDS: String(10 * HOUR), SESSION_IDLE_SECONDS: String(4 * HOUR) }
    const s = await startServer(t, { kind, environment })
    let pair: TokenPair = await join(s, 'ann')
    const end = s.clock.seconds() + 10 * HOUR

    await t.test('is told, beside when it ends for want of use', async () => {
      const { expires_at, ends_at } = await onlySession(s, pair)
      assert.deepEqual([expires_at, ends_at], ['2026-11-23T16:00:00.250Z', '2026-11-23T22:00:00.250Z'])
    })

    await t.test('caps the tokens of every refresh, and of a repeat', async () => {
      for (const hours of [3, 6, 9]) {
        await s.clock.advance(3 * HOUR)
        const before = pair
        pair = await refresh(s, before.refresh)
        const own = s.clock.seconds()
        assert.deepEqual(expiries(pair), [Math.min(own + HOUR, end), Math.min(own + 4 * HOUR, end)], `${hours} h`)
        assert.deepEqual(expiries(await refresh(s, before.refresh)), expiries(pair))
      }
      await s.clock.advance(HOUR / 2)
      pair = await refresh(s, pair.refresh)
      assert.deepEqual(expiries(pair), [end, end])
      assert.equal((await onlySession(s, pair)).expires_at, '2026-11-23T22:00:00.250Z')
    })

    await t.test('ends it, though it was in use a moment ago', async () => {
      await s.clock.advance(HOUR / 2 - 1)
      pair = await refresh(s, pair.refresh)
      assert.equal(await isGood(s, pair.access), true)
      await s.clock.advance(1)
      for (const token of [pair.access, pair.refresh]) assert.equal(await isGood(s, token), false)
      expectTokenRefused(await s.post(paths.refresh, { refresh: pair.refresh }), INVALID)
    })

    await t.test('holds for a session that was opened under a longer one', async () => {
      const young = await signIn(s, 'ann@example.com')
      const other = await startServer(t, {
        url: s.url,
        clock: s.clock,
        environment: { SESSION_ABSOLUTE_SECONDS: String(HOUR) },
      })
      await s.clock.advance(HOUR)
      await other.clock.advance(0)
      assert.equal(await isGood(s, young.refresh), true)
      assert.equal(await isGood(other, young.refresh), false)
      expectTokenRefused(await other.post(paths.refresh, { refresh: young.refresh }), ENDED)
      const { access } = await signIn(other, 'ann@example.com')
      const answer = await other.get('/api/account/sessions', { authorization: `Bearer ${access}` })
      assert.equal((answer.json as { sessions: object[] }).sessions.length, 1, 'it is not listed any more')
    })
  })
}

test('SESSION_PROFILE=aal3: a quarter of an hour idle, and no access token lives longer', async (t) => {
  const s = await startServer(t, { environment: { SESSION_PROFILE: 'aal3' } })
  const ann = await join(s, 'ann')
  const now = s.clock.seconds()
  assert.deepEqual(expiries(ann), [now + HOUR / 4, now + HOUR / 4])
  await s.clock.advance(HOUR / 4)
  assert.equal(await isGood(s, ann.access), false)
})

test('a session of the old service begins when it is taken over: that service had no end for it', async (t) => {
  const environment = { SESSION_ABSOLUTE_SECONDS: String(10 * HOUR), JWT_SECRET_KEY: OLD_KEY }
  const s = await startServer(t, { environment })
  const ann = await join(s, 'ann')
  const old = signOld(oldClaims(s, ann.id, 'refresh'))
  await s.clock.advance(9 * HOUR)
  const pair = await refresh(s, old)
  assert.deepEqual(expiries(pair), [s.clock.seconds() + HOUR, s.clock.seconds() + 10 * HOUR])
  await s.clock.advance(10 * HOUR)
  expectTokenRefused(await s.post(paths.refresh, { refresh: pair.refresh }), INVALID)
  expectTokenRefused(await s.post(paths.refresh, { refresh: old }), ENDED)
})
