import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CredentialKind, type Credentials, hasSecondFactor, hasWayIn, isLastWayIn, without } from './ways-in.ts'

const having = (some: Partial<Credentials>): Credentials => ({
  password: 0,
  passkey: 0,
  totp: 0,
  'recovery-code': 0,
  ...some,
})

const rows: [title: string, has: Partial<Credentials>, removed: CredentialKind, isLast: boolean][] = [
  ['the only password', { password: 1 }, 'password', true],
  ['the only passkey', { passkey: 1 }, 'passkey', true],
  ['one of two passkeys', { passkey: 2 }, 'passkey', false],
  ['a passkey beside a password', { password: 1, passkey: 1 }, 'passkey', false],
  ['a password beside a passkey', { password: 1, passkey: 1 }, 'password', false],
  ['a password beside an app for codes only', { password: 1, totp: 1 }, 'password', true],
  ['a password beside recovery codes only', { password: 1, 'recovery-code': 10 }, 'password', true],
  ['a passkey beside an app and codes only', { passkey: 1, totp: 1, 'recovery-code': 10 }, 'passkey', true],
  ['an app for codes beside a password', { password: 1, totp: 1 }, 'totp', false],
  ['an app for codes beside a passkey', { passkey: 1, totp: 1 }, 'totp', false],
  ['recovery codes', { password: 1, totp: 1, 'recovery-code': 1 }, 'recovery-code', false],
  // Nobody gets into such a state; it must not trap an app or codes there.
  ['an app for codes where nothing else is', { totp: 1 }, 'totp', false],
  ['a password that is not there', {}, 'password', true],
]
for (const [title, has, removed, isLast] of rows) {
  test(`${title} ${isLast ? 'is' : 'is not'} the last way in`, () => {
    assert.equal(isLastWayIn(having(has), removed), isLast)
  })
}

test('a way in is a password or a passkey, and nothing else', () => {
  assert.deepEqual(
    (['password', 'passkey', 'totp', 'recovery-code'] as const).filter((kind) => hasWayIn(having({ [kind]: 1 }))),
    ['password', 'passkey'],
  )
  assert.equal(hasWayIn(having({})), false)
})

test('a second factor is an app for codes or a passkey, and nothing else', () => {
  assert.deepEqual(
    (['password', 'passkey', 'totp', 'recovery-code'] as const).filter((kind) =>
      hasSecondFactor(having({ [kind]: 1 })),
    ),
    ['passkey', 'totp'],
  )
})

test('taking one away leaves the others', () => {
  assert.deepEqual(without(having({ passkey: 2, totp: 1 }), 'passkey'), having({ passkey: 1, totp: 1 }))
  assert.deepEqual(without(having({}), 'totp'), having({}))
})
