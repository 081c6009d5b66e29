/** POST token/refresh: rotation, the grace window, and what happens to a session whose refresh token was used twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import {
  claimsOf,
  countRows,
  expectTokenRefused,
  isGood,
  join,
  paths,
  play,
  refresh,
  type Scenario,
  signIn,
} from '../scenario.ts'
import { startServer } from '../start-server.ts'

const ENDED = 'Token is blacklisted'
const GRACE_SECONDS = 10
const LIFETIME_SECONDS = 86_400

for (const { kind, name } of databases()) {
  test(`refresh on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { email } = await join(s, 'ann')
    const refused = async (token: string, detail = ENDED) =>
      expectTokenRefused(await s.post(paths.refresh, { refresh: token }), detail)

    await t.test('answers a new pair for the same session and the same person', async () => {
      const first = await signIn(s, email)
      await s.clock.advance(100)
      const second = await refresh(s, first.refresh)
      const [before, after] = [claimsOf(first.refresh), claimsOf(second.refresh)]
      assert.deepEqual([after.sid, after.user_id], [before.sid, before.user_id])
      assert.notEqual(after.jti, before.jti)
      assert.deepEqual([after.iat, after.exp], [s.clock.seconds(), s.clock.seconds() + LIFETIME_SECONDS])
      assert.equal(await isGood(s, second.access), true)
    })

    await t.test('leaves earlier access tokens good: they live until they expire or the session ends', async () => {
      const first = await signIn(s, email)
      await refresh(s, (await refresh(s, first.refresh)).refresh)
      assert.equal(await isGood(s, first.access), true)
    })

    await t.test('divergence: gives a repeat within the grace window the same successor', async () => {
      const { refresh: token } = await signIn(s, email)
      const first = await refresh(s, token)
      await s.clock.advance(GRACE_SECONDS - 1)
      const again = await refresh(s, token)
      assert.equal(again.refresh, first.refresh)
      assert.notEqual(claimsOf(again.access).jti, claimsOf(first.access).jti)
      for (const access of [first.access, again.access]) assert.equal(await isGood(s, access), true)
      await refresh(s, first.refresh)
    })

    const edges: readonly [title: string, seconds: number, isRepeat: boolean][] = [
      ['at once', 0, true],
      ['a millisecond before its end', GRACE_SECONDS - 0.001, true],
      ['in its last millisecond', GRACE_SECONDS, true],
      ['a millisecond after it', GRACE_SECONDS + 0.001, false],
      ['an hour after it', 3600, false],
    ]
    for (const [title, seconds, isRepeat] of edges) {
      await t.test(`a repeat ${title} is ${isRepeat ? 'answered' : 'a reuse, which ends the session'}`, async () => {
        const first = await signIn(s, email)
        const second = await refresh(s, first.refresh)
        await s.clock.advance(seconds)
        if (isRepeat) assert.equal((await refresh(s, first.refresh)).refresh, second.refresh)
        else await refused(first.refresh)
        assert.equal(await isGood(s, second.refresh), isRepeat)
      })
    }

    await t.test('a repeat does not make the window longer', async () => {
      const first = await signIn(s, email)
      await refresh(s, first.refresh)
      await s.clock.advance(6)
      await refresh(s, first.refresh)
      await s.clock.advance(6)
      await refused(first.refresh)
    })

    await t.test('divergence: a reuse ends the session and all of its access tokens', async () => {
      const first = await signIn(s, email)
      const second = await refresh(s, first.refresh)
      const third = await refresh(s, second.refresh)
      await refused(first.refresh) // a grandparent, though the window is open
      for (const { access, refresh } of [first, second, third]) {
        assert.equal(await isGood(s, access), false)
        await refused(refresh)
      }
    })

    await t.test('a reuse is no concern of other sessions', async () => {
      const [one, other] = [await signIn(s, email), await signIn(s, email)]
      await refresh(s, (await refresh(s, one.refresh)).refresh)
      await refused(one.refresh)
      assert.equal(await isGood(s, other.access), true)
      await refresh(s, other.refresh)
    })

    await t.test('a refresh token is good up to its last second, and not one longer', async () => {
      const [one, other] = [await signIn(s, email), await signIn(s, email)]
      await s.clock.advance(claimsOf(one.refresh).exp - s.clock.seconds() - 1)
      await refresh(s, one.refresh)
      await s.clock.advance(1)
      await refused(other.refresh, 'Token is invalid or expired')
    })

    await t.test('each refresh begins the lifetime anew', async () => {
      let { refresh: token } = await signIn(s, email)
      for (let round = 1; round <= 3; round++) {
        await s.clock.advance(LIFETIME_SECONDS - 10)
        token = (await refresh(s, token)).refresh
      }
    })

    await t.test('no table grows with 200 refreshes', async () => {
      let { refresh: token } = await signIn(s, email)
      const before = await countRows(s)
      for (let round = 1; round <= 200; round++) token = (await refresh(s, token)).refresh
      assert.deepEqual(await countRows(s), before)
      assert.equal(await isGood(s, token), true)
    })

    await t.test('no row holds a token that could be used (CVE-2026-30965)', async () => {
      const first = await signIn(s, email)
      const second = await refresh(s, first.refresh)
      const rows = JSON.stringify(await s.db.selectFrom('session').selectAll().execute())
      assert.ok(rows.includes(claimsOf(second.refresh).sid))
      for (const token of [first.access, first.refresh, second.access, second.refresh]) {
        const [, payload = '', signature = ''] = token.split('.')
        assert.ok(!rows.includes(payload) && !rows.includes(signature))
      }
    })

    await t.test('a failure rotates nothing: the client may try again', async () => {
      const { refresh: token } = await signIn(s, email)
      await s.db.schema.alterTable('session').renameTo('session_away').execute()
      const answer = await s.post(paths.refresh, { refresh: token })
      await s.db.schema.alterTable('session_away').renameTo('session').execute()
      assert.equal(answer.status, 500)
      await refresh(s, token)
    })
  })
}

test('REFRESH_GRACE_SECONDS=0 takes a repeat for a reuse', async (t) => {
  const s = await startServer(t, { environment: { REFRESH_GRACE_SECONDS: '0' } })
  const first = await join(s, 'ann')
  const second = await refresh(s, first.refresh)
  await s.clock.advance(0.001)
  expectTokenRefused(await s.post(paths.refresh, { refresh: first.refresh }), ENDED)
  assert.equal(await isGood(s, second.access), false)
})

const REQUIRED = { refresh: ['This field is required.'] }
const NO_TEXT = { refresh: ['Not a valid string.'] }
const INVALID = { detail: 'Token is invalid or expired', code: 'token_not_valid' }

const faults: readonly Scenario[] = [
  ['nothing', {}, 400, REQUIRED],
  ['another field', { token: 'x' }, 400, REQUIRED],
  ['null', { refresh: null }, 400, { refresh: ['This field may not be null.'] }],
  ['empty text', { refresh: '' }, 400, { refresh: ['This field may not be blank.'] }],
  ['blanks', { refresh: '  \n ' }, 400, { refresh: ['This field may not be blank.'] }],
  ['a NUL', { refresh: 'a\0.b.c' }, 400, { refresh: ['Null characters are not allowed.'] }],
  ['true', { refresh: true }, 400, NO_TEXT],
  ['a list', { refresh: ['x'] }, 400, NO_TEXT],
  ['an object', { refresh: { a: 1 } }, 400, NO_TEXT],
  ['a number', { refresh: 12345 }, 401, INVALID],
]

test('refresh and logout say what is wrong with their field', async (t) => {
  const s = await startServer(t)
  for (const path of [paths.refresh, paths.logout]) await t.test(path, (t) => play(t, s, path, faults))
})
