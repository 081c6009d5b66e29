/** POST token/verify: yes to what is good now, and no to everything else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, expectTokenRefused, isGood, join, paths, play, refresh, type Scenario, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const ENDED = 'Token is blacklisted'

for (const { kind, name } of databases()) {
  test(`verify on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { email } = await join(s, 'ann')

    await t.test('says yes to an access and to a refresh token, as often as it is asked', async () => {
      const { access, refresh } = await signIn(s, email)
      for (const token of [access, refresh, access, refresh]) assert.equal(await isGood(s, token), true)
      assert.equal(await isGood(s, ` ${access}\n`), true)
    })

    await t.test('says yes up to the last second of an access token', async () => {
      const { access } = await signIn(s, email)
      await s.clock.advance(claimsOf(access).exp - s.clock.seconds() - 1)
      assert.equal(await isGood(s, access), true)
      await s.clock.advance(1)
      expectTokenRefused(await s.post(paths.verify, { token: access }))
    })

    await t.test('says yes up to the last second of a refresh token', async () => {
      const { refresh } = await signIn(s, email)
      await s.clock.advance(claimsOf(refresh).exp - s.clock.seconds() - 1)
      assert.equal(await isGood(s, refresh), true)
      await s.clock.advance(1)
      expectTokenRefused(await s.post(paths.verify, { token: refresh }))
    })

    await t.test(
      'divergence: says no to a refresh token that was rotated, and only looks: the session goes on',
      async () => {
        const first = await signIn(s, email)
        const second = await refresh(s, first.refresh)
        expectTokenRefused(await s.post(paths.verify, { token: first.refresh }), ENDED)
        await s.clock.advance(60)
        expectTokenRefused(await s.post(paths.verify, { token: first.refresh }), ENDED)
        await refresh(s, second.refresh)
      },
    )
  })
}

test('VERIFY_ACCEPTS=access takes no refresh token (CVE-2023-48309)', async (t) => {
  const s = await startServer(t, { environment: { VERIFY_ACCEPTS: 'access' } })
  const { access, refresh: token } = await join(s, 'ann')
  assert.equal(await isGood(s, access), true)
  expectTokenRefused(await s.post(paths.verify, { token }), 'Token has wrong type')
  await refresh(s, token)
})

const REQUIRED = { token: ['This field is required.'] }
const NO_TEXT = { token: ['Not a valid string.'] }
const INVALID = { detail: 'Token is invalid or expired', code: 'token_not_valid' }

const faults: readonly Scenario[] = [
  ['nothing', {}, 400, REQUIRED],
  ['another field', { access: 'x' }, 400, REQUIRED],
  ['null', { token: null }, 400, { token: ['This field may not be null.'] }],
  ['empty text', { token: '' }, 400, { token: ['This field may not be blank.'] }],
  ['blanks', { token: ' ' }, 400, { token: ['This field may not be blank.'] }],
  ['a NUL', { token: 'a\0.b.c' }, 400, { token: ['Null characters are not allowed.'] }],
  ['a lone surrogate', { token: '\ud83d' }, 400, { token: ['Surrogate characters are not allowed: U+D83D.'] }],
  ['true', { token: true }, 400, NO_TEXT],
  ['false', { token: false }, 400, NO_TEXT],
  ['a list', { token: ['x'] }, 400, NO_TEXT],
  ['an object', { token: { a: 1 } }, 400, NO_TEXT],
  ['a number', { token: -7 }, 401, INVALID],
  ['garbage', { token: 'garbage' }, 401, INVALID],
  ['one dot', { token: 'a.b' }, 401, INVALID],
  ['two dots', { token: 'a.b.c' }, 401, INVALID],
  ['nothing but dots', { token: '..' }, 401, INVALID],
  ['letters beyond ASCII', { token: 'é.é.é' }, 401, INVALID],
  ['an emoji', { token: '😀' }, 401, INVALID],
  ['the name of what every object has', { token: '__proto__.constructor.x' }, 401, INVALID],
]

test('verify says what is wrong with its field', async (t) => play(t, await startServer(t), paths.verify, faults))
