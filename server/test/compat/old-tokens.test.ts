/** Tokens of the old service (HS256 under JWT_SECRET_KEY): good until they expire, exchanged for ours, never made. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, type OldTokenOptions, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, countRows, expectTokenRefused, headerOf, isGood, join, logOut, paths, refresh } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const ENDED = 'Token is blacklisted'
const MONTH_SECONDS = 30 * 86_400
const environment = { JWT_SECRET_KEY: OLD_KEY }

for (const { kind, name } of databases()) {
  test(`tokens of the old service on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment })
    const { id } = await join(s, 'ann')
    const old = (type: 'access' | 'refresh', changes?: Record<string, unknown>) =>
      signOld(oldClaims(s, id, type, changes))
    const refused = async (token: string) => expectTokenRefused(await s.post(paths.refresh, { refresh: token }), ENDED)

    for (const type of ['access', 'refresh'] as const) {
      await t.test(`an ${type} token is good at verify up to its last second, and asking makes no row`, async () => {
        const token = old(type)
        const before = await countRows(s)
        await s.clock.advance(claimsOf(token).exp - s.clock.seconds() - 1)
        assert.equal(await isGood(s, token), true)
        await s.clock.advance(1)
        expectTokenRefused(await s.post(paths.verify, { token }))
        assert.deepEqual(await countRows(s), before)
      })
    }

    await t.test('a refresh token is exchanged for tokens of ours', async () => {
      const pair = await refresh(s, old('refresh'))
      for (const token of [pair.access, pair.refresh]) {
        assert.equal(headerOf(token).alg, 'ES256')
        assert.equal(claimsOf(token).user_id, id)
        assert.equal(await isGood(s, token), true)
      }
      await refresh(s, pair.refresh)
    })

    await t.test('a refresh token that is older than a session may become is exchanged too', async () => {
      const token = old('refresh', { iat: s.clock.seconds() - 400 * 86_400, exp: s.clock.seconds() + 86_400 })
      assert.equal(await isGood(s, token), true)
      const pair = await refresh(s, token)
      await refresh(s, pair.refresh)
    })

    await t.test('a repeat within the grace window gets the same successor, and makes no second session', async () => {
      const token = old('refresh')
      const first = await refresh(s, token)
      const before = await countRows(s)
      await s.clock.advance(10)
      assert.equal((await refresh(s, token)).refresh, first.refresh)
      assert.deepEqual(await countRows(s), before)
    })

    await t.test('a reuse after the window ends the session and the access tokens that came of it', async () => {
      const token = old('refresh')
      const first = await refresh(s, token)
      await s.clock.advance(10.001)
      await refused(token)
      for (const each of [first.access, first.refresh, token]) assert.equal(await isGood(s, each), false)
      await refused(first.refresh)
    })

    await t.test('a reuse of a grandparent ends it too', async () => {
      const token = old('refresh')
      const second = await refresh(s, (await refresh(s, token)).refresh)
      await refused(token)
      assert.equal(await isGood(s, second.access), false)
    })

    await t.test('logout ends a session that was never used here', async () => {
      const token = old('refresh')
      await logOut(s, token)
      assert.equal(await isGood(s, token), false)
      await refused(token)
      expectTokenRefused(await s.post(paths.logout, { refresh: token }), ENDED)
    })

    await t.test('logout with the token that was just exchanged ends what came of it', async () => {
      const token = old('refresh')
      const pair = await refresh(s, token)
      await logOut(s, token)
      for (const each of [pair.access, pair.refresh]) assert.equal(await isGood(s, each), false)
    })

    await t.test('an access token knows no session: it outlives a logout, as it did in the old service', async () => {
      const access = old('access')
      await logOut(s, old('refresh'))
      assert.equal(await isGood(s, access), true)
    })

    await t.test('an access token is no refresh token', async () => {
      for (const path of [paths.refresh, paths.logout]) {
        expectTokenRefused(await s.post(path, { refresh: old('access') }), 'Token has wrong type')
      }
    })

    await t.test('of an unknown user they are refused, and make no row', async () => {
      const before = await countRows(s)
      const [access, token] = (['access', 'refresh'] as const).map((type) => signOld(oldClaims(s, 4242, type)))
      assert.deepEqual([await isGood(s, access ?? ''), await isGood(s, token ?? '')], [false, false])
      await refused(token ?? '')
      expectTokenRefused(await s.post(paths.logout, { refresh: token }), ENDED)
      assert.deepEqual(await countRows(s), before)
    })

    await t.test('a session that ended does not come back when its row is cleared away', async () => {
      const token = old('refresh', { exp: s.clock.seconds() + MONTH_SECONDS })
      const pair = await refresh(s, token)
      await logOut(s, pair.refresh)
      await s.clock.advance(MONTH_SECONDS / 2)
      await s.service.sessions.purge(7 * 86_400_000)
      assert.equal(await isGood(s, token), false)
      await refused(token)
    })

    const otherKeys: readonly [title: string, environment: Record<string, string>, key: string][] = [
      ['another key is set', { JWT_SECRET_KEY: `${OLD_KEY}x` }, OLD_KEY],
      ['no key is set', {}, OLD_KEY],
      ['no key is set, though signed with an empty one', {}, ''],
      ['no key is set, though signed with its name', {}, 'undefined'],
    ]
    for (const [title, environment, key] of otherKeys) {
      await t.test(`they are refused when ${title}`, async (t) => {
        const other = await startServer(t, { kind, url: s.url, environment })
        const make = (type: 'access' | 'refresh') => signOld(oldClaims(other, id, type), { key })
        for (const type of ['access', 'refresh'] as const) {
          expectTokenRefused(await other.post(paths.verify, { token: make(type) }))
        }
        for (const path of [paths.refresh, paths.logout]) {
          expectTokenRefused(await other.post(path, { refresh: make('refresh') }))
        }
      })
    }
  })
}

type Changes = Record<string, unknown>
const INVALID = 'Token is invalid or expired'

/** Claims that no good token has, and what is said about it. */
const wrongClaims: readonly [title: string, changes: Changes, said: string][] = [
  ['no expiry', { exp: undefined }, "Token has no 'exp' claim"],
  ['no id', { jti: undefined }, 'Token has no id'],
  ['no type', { token_type: undefined }, 'Token has no type'],
  ['another type', { token_type: 'sliding' }, 'Token has wrong type'],
  ['a number as type', { token_type: 1 }, 'Token has wrong type'],
  ['the type of every object', { token_type: '__proto__' }, 'Token has wrong type'],
  ['no user', { user_id: undefined }, INVALID],
  ['null as user', { user_id: null }, INVALID],
  ['text as user', { user_id: '1' }, INVALID],
  ['an operator as user', { user_id: { $gt: 0 } }, INVALID],
  ['a user between two', { user_id: 1.5 }, INVALID],
  ['user 0', { user_id: 0 }, INVALID],
  ['a negative user', { user_id: -1 }, INVALID],
  ['a user beyond all integers', { user_id: 2 ** 53 }, INVALID],
  ['null as expiry', { exp: null }, INVALID],
  ['text as expiry', { exp: '4070908800' }, INVALID],
  ['a list as expiry', { exp: [1] }, INVALID],
  ['true as expiry', { exp: true }, INVALID],
  ['a fraction as expiry', { exp: 4070908800.5 }, INVALID],
  ['an expiry beyond all dates', { exp: 1e18 }, INVALID],
  ['an expiry before all dates', { exp: -1 }, INVALID],
  ['text as time of issue', { iat: 'soon' }, INVALID],
  ['an issue in the future', { iat: 4070908800 }, INVALID],
  ['a beginning in the future', { nbf: 4070908800 }, INVALID],
  ['an empty id', { jti: '' }, INVALID],
  ['an id that does not fit', { jti: 'x'.repeat(256) }, INVALID],
  ['a number as id', { jti: 7 }, INVALID],
  ['a NUL in the id', { jti: 'a\0b' }, INVALID],
  ['half an emoji as id', { jti: '\ud83d' }, INVALID],
  ['more claims than are decoded (CVE-2026-48525)', { padding: 'x'.repeat(7_000) }, INVALID],
]

const wrongPayloads: readonly string[] = ['', 'nope', 'null', '1', '"x"', '[1,2]', '{', '{}x']

const wrongSignings: readonly [title: string, options: OldTokenOptions][] = [
  ['another key', { key: 'wrong' }],
  ['an empty key', { key: '' }],
  ['HS512 in the header', { header: { alg: 'HS512' } }],
  ['hs256 in small letters', { header: { alg: 'hs256' } }],
  ['none in the header', { header: { alg: 'none' } }],
  ['ES256 in the header', { header: { alg: 'ES256' } }],
  ['no algorithm in the header', { header: { alg: undefined } }],
  ['a critical extension in the header (CVE-2026-32597)', { header: { crit: ['x'], x: 1 } }],
  ['an empty list of critical extensions', { header: { crit: [] } }],
  ['an unencoded payload in the header', { header: { b64: false, crit: ['b64'] } }],
  ['an unencoded payload that is not said to be critical', { header: { b64: false } }],
]

/** Strange, yet the old service took it. */
const goodTokens: readonly [title: string, changes: Changes, options?: OldTokenOptions][] = [
  ['further claims', { aud: 'x', iss: 'y', role: 'admin', nested: { deep: [1] } }],
  ['no time of issue', { iat: undefined }],
  ['an issue half a minute ahead: two clocks', { ahead: 30 }],
  ['an id of 255 characters', { jti: 'j'.repeat(255) }],
  ['an id beyond ASCII', { jti: 'é😀' }],
  ['a key id in the header', {}, { header: { kid: '../../dev/null' } }],
  ['no type in the header', {}, { header: { typ: undefined } }],
  ['5,000 characters of claims', { padding: 'x'.repeat(5_000) }],
]

test('what a token of the old service must hold', async (t) => {
  const s = await startServer(t, { environment })
  const { id } = await join(s, 'ann')
  const expectRefused = async (make: (type: 'access' | 'refresh') => string, said: string) => {
    for (const type of ['access', 'refresh'] as const) {
      expectTokenRefused(await s.post(paths.verify, { token: make(type) }), said)
    }
    for (const path of [paths.refresh, paths.logout]) {
      expectTokenRefused(await s.post(path, { refresh: make('refresh') }), said)
    }
  }
  const before = await countRows(s)

  for (const [title, changes, said] of wrongClaims) {
    await t.test(`with ${title} it is refused`, () =>
      expectRefused((type) => signOld(oldClaims(s, id, type, changes)), said),
    )
  }
  for (const payload of wrongPayloads) {
    await t.test(`with ${payload || 'nothing'} as payload it is refused`, () =>
      expectRefused(() => signOld(payload), INVALID),
    )
  }
  for (const [title, options] of wrongSignings) {
    await t.test(`with ${title} it is refused`, () =>
      expectRefused((type) => signOld(oldClaims(s, id, type), options), INVALID),
    )
  }
  await t.test('after all of that no row was made', async () => assert.deepEqual(await countRows(s), before))

  for (const [title, { ahead, ...changes }, options] of goodTokens) {
    await t.test(`with ${title} it is good`, async () => {
      const iat = ahead ? { iat: s.clock.seconds() + Number(ahead) } : {}
      const make = (type: 'access' | 'refresh') => signOld(oldClaims(s, id, type, { ...changes, ...iat }), options)
      assert.deepEqual([await isGood(s, make('access')), await isGood(s, make('refresh'))], [true, true])
      const { access } = await refresh(s, make('refresh'))
      assert.deepEqual(Object.keys(claimsOf(access)).includes('role'), false)
    })
  }

  await t.test('of a claim that is there twice, the last one counts', async () => {
    const { exp, ...rest } = oldClaims(s, id, 'access')
    const twice = (first: unknown, last: unknown) =>
      signOld(JSON.stringify({ ...rest, exp: 0 }).replace('"exp":0', `"exp":${first},"exp":${last}`))
    assert.deepEqual([await isGood(s, twice(1, exp)), await isGood(s, twice(exp, 1))], [true, false])
  })
})
