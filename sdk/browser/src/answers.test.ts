import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answer,
  isLogoutDone,
  readLoginAnswer,
  readPasskeyOptions,
  readRefreshAnswer,
  readRegisterAnswer,
} from './answers.ts'
import { AuthError } from './auth-error.ts'

const claims = { iat: 1_700_000_000, exp: 1_700_003_600, sid: 'a'.repeat(32), user_id: 7 }
const tokenOf = (more: object) => `e30.${btoa(JSON.stringify({ ...claims, ...more }))}.x`
const access = tokenOf({ token_type: 'access' })
const refresh = tokenOf({ token_type: 'refresh' })
const answer = (status: number, body?: unknown, retryAfter: string | null = null): Answer => ({
  status,
  body,
  retryAfter,
})
const tokenRefused = { detail: 'Token is blacklisted', code: 'token_not_valid' }

test('a pair of tokens is a rotation', () => {
  const read = readRefreshAnswer(answer(200, { access, refresh }))
  assert.deepEqual(read, { kind: 'rotated', tokens: { access, refresh, claims: { ...claims, token_type: 'access' } } })
})

test('a 401 for the token ends the session', () => {
  assert.deepEqual(readRefreshAnswer(answer(401, tokenRefused)), { kind: 'refused' })
})

const failures: [what: string, answer: Answer, isPassing: boolean, retryAfterSeconds: number | undefined][] = [
  ['a 401 of somebody else', answer(401, { detail: 'Login required' }), false, undefined],
  ['a 401 without a body', answer(401), false, undefined],
  ['a 403 with the code of a 401', answer(403, tokenRefused), false, undefined],
  ['a page instead of tokens', answer(200), false, undefined],
  ['one token only', answer(200, { access }), false, undefined],
  ['tokens of two sessions', answer(200, { access, refresh: tokenOf({ sid: 'b' }) }), false, undefined],
  ['a 404', answer(404, {}), false, undefined],
  ['a 429', answer(429, {}, '7'), true, 7],
  ['a 500', answer(500, {}), true, undefined],
  ['a 503 that names a time in its body', answer(503, { retryAfterSeconds: 3 }, '9'), true, 3],
  ['a 503 that names a time in its header', answer(503, undefined, '9'), true, 9],
  ['a 503 that names a date', answer(503, undefined, 'Wed, 21 Oct 2026 07:28:00 GMT'), true, undefined],
  ['a 503 that names a day', answer(503, { retryAfterSeconds: 86_400 }), true, 600],
  ['a 503 that names a time before', answer(503, { retryAfterSeconds: -1 }), true, undefined],
]

for (const [what, given, isPassing, retryAfterSeconds] of failures) {
  test(`${what} is a failure and ends nothing`, () => {
    const read = readRefreshAnswer(given)
    assert.ok(read.kind === 'failed')
    assert.deepEqual(
      [read.error.code, read.isPassing, read.error.retryAfterSeconds],
      ['unavailable', isPassing, retryAfterSeconds],
    )
  })
}

const refusals: [what: string, answer: Answer, code: string, fields: object][] = [
  ['a wrong password', answer(401, { detail: 'Invalid credentials' }), 'wrong-credentials', {}],
  ['a 401 of a gateway', answer(401), 'unavailable', {}],
  ['a 401 with the code of something else', answer(401, tokenRefused), 'unavailable', {}],
  [
    'a second factor that is due, without what finishes it',
    answer(401, { detail: 'x', code: 'mfa_required' }),
    'unavailable',
    {},
  ],
  [
    'a second factor that is not right',
    answer(401, { detail: 'x', code: 'second_factor_refused' }),
    'second-factor-refused',
    {},
  ],
  [
    'a second factor that comes too late',
    answer(401, { detail: 'x', code: 'mfa_token_refused' }),
    'mfa-token-refused',
    {},
  ],
  ['a field that is missing', answer(400, { email: ['Required.'] }), 'fields-refused', { email: ['Required.'] }],
  ['a 400 that names no field', answer(400, { detail: 'JSON parse error' }), 'unavailable', {}],
  ['a service that is busy', answer(503, { code: 'too-busy' }), 'unavailable', {}],
  ['a page', answer(200), 'unavailable', {}],
]

for (const [what, given, code, fields] of refusals) {
  test(`${what} at login is ${code}`, () => {
    const refusal = (error: unknown) => {
      assert.ok(error instanceof AuthError)
      assert.deepEqual([error.code, error.fields], [code, fields])
      return true
    }
    assert.throws(() => readLoginAnswer(given), refusal)
  })
}

test('a second factor that is due is told with what finishes the sign-in', () => {
  const methods = ['passkey', 'totp', 'recovery_code']
  const given = answer(401, { detail: 'x', code: 'mfa_required', mfa_token: 'Pq8rK2', methods })
  assert.throws(() => readLoginAnswer(given), { code: 'mfa-required', mfaToken: 'Pq8rK2', methods })
})

test('options for a passkey are what the service gives, or a refusal', () => {
  assert.deepEqual(readPasskeyOptions(answer(200, { challenge: 'abc' })), { challenge: 'abc' })
  assert.throws(() => readPasskeyOptions(answer(200, {})), { code: 'unavailable' })
  const late = answer(401, { detail: 'x', code: 'mfa-token-refused' }) // as a problem (RFC 9457)
  assert.throws(() => readPasskeyOptions(late), { code: 'mfa-token-refused' })
})

test('a user is registered by 201 and nothing else', () => {
  readRegisterAnswer(answer(201, { email: 'ann@example.com' }))
  assert.throws(() => readRegisterAnswer(answer(200, {})), AuthError)
  assert.throws(() => readRegisterAnswer(answer(400, { email: ['Taken.'] })), { code: 'fields-refused' })
})

test('a session has ended when the service says so, or does not know it any more', () => {
  const answers = [answer(200, {}), answer(401, tokenRefused), answer(401), answer(503), answer(404)]
  assert.deepEqual(answers.map(isLogoutDone), [true, true, false, false, false])
})
