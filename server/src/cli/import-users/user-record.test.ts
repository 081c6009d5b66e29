import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HashDefaults, readRecord, type UserRecord } from './user-record.ts'

const none: HashDefaults = { format: 'text', parameters: {} }
const email = 'ann@example.com'

const taken: readonly [what: string, record: UserRecord, user: object][] = [
  [
    'an address and nothing else',
    {},
    {
      id: undefined,
      firstName: '',
      lastName: '',
      isActive: true,
      isEmailVerified: false,
      lastLoginAt: null,
      hash: null,
    },
  ],
  [
    'absent as null',
    { id: null, first_name: null, is_active: null, last_login: null, password_hash: null },
    { hash: null },
  ],
  [
    'absent as an empty cell',
    { id: '', is_active: '', last_login: '', password_hash: '', password_params: '' },
    { id: undefined, hash: null },
  ],
  ['an id as a number', { id: 7 }, { id: 7 }],
  ['an id as a text', { id: '7' }, { id: 7 }],
  ['an id that the import will refuse', { id: -7 }, { id: -7 }],
  ['flags as JSON', { is_active: false, email_verified: true }, { isActive: false, isEmailVerified: true }],
  ['flags as words', { is_active: 'False', email_verified: 'TRUE' }, { isActive: false, isEmailVerified: true }],
  ['flags of a database', { is_active: 'f', email_verified: '1' }, { isActive: false, isEmailVerified: true }],
  ['a time', { last_login: '2026-01-31T12:00:00.5Z' }, { lastLoginAt: Date.UTC(2026, 0, 31, 12, 0, 0, 500) }],
  [
    'a time of PostgreSQL',
    { last_login: '2026-01-31 12:00:00.123456+01' },
    { lastLoginAt: Date.UTC(2026, 0, 31, 11, 0, 0, 123) },
  ],
  ['a time of another zone', { last_login: '2026-01-31T12:00-02:30' }, { lastLoginAt: Date.UTC(2026, 0, 31, 14, 30) }],
  ['a hash', { password_hash: '$2b$…' }, { hash: { format: 'text', text: '$2b$…', parameters: {} } }],
  [
    'a hash with its salt',
    {
      password_hash: 'aGFzaA==',
      password_format: 'firebase-scrypt',
      password_salt: 'c2FsdA==',
      password_params: '{"rounds":8}',
    },
    { hash: { format: 'firebase-scrypt', text: 'aGFzaA==', parameters: { salt: 'c2FsdA==', rounds: 8 } } },
  ],
  [
    'a hash that is in its parameters',
    { password_format: 'keycloak', password_params: { secretData: '{}' } },
    { hash: { format: 'keycloak', text: '', parameters: { secretData: '{}' } } },
  ],
]

const refused: readonly [what: string, record: UserRecord, fault: string][] = [
  ['no address', { email: undefined }, 'email-missing'],
  ['an address that is no text', { email: 7 }, 'email-missing'],
  ['an id that is no number', { id: 'a7' }, 'id-malformed'],
  ['an id with a fraction', { id: 7.5 }, 'id-malformed'],
  ['an id beyond exact numbers', { id: '12345678901234567' }, 'id-malformed'],
  ['a name that is no text', { first_name: ['Ann'] }, 'name-malformed'],
  ['half a surrogate pair', { last_name: 'a\ud800' }, 'name-malformed'],
  ['a flag that is no flag', { is_active: 'yes, often' }, 'flag-malformed'],
  ['a flag that is another number', { email_verified: 2 }, 'flag-malformed'],
  ['a time without a zone', { last_login: '2026-01-31 12:00:00' }, 'time-malformed'],
  ['a day that no month has', { last_login: '2026-13-45T12:00:00Z' }, 'time-malformed'],
  ['a number of unknown unit', { last_login: 1767225600 }, 'time-malformed'],
  ['a hash that is no text', { password_hash: { $binary: 'x' } }, 'hash-malformed'],
  ['a format that nobody knows', { password_hash: 'x', password_format: 'rot13' }, 'format-malformed'],
  ['parameters that are no object', { password_hash: 'x', password_params: '[1]' }, 'params-malformed'],
  ['parameters that are no JSON', { password_hash: 'x', password_params: '{' }, 'params-malformed'],
]

describe('a line', () => {
  for (const [what, record, user] of taken) {
    it(`may have ${what}`, () => {
      const read = readRecord({ email, ...record }, none)
      assert.ok('user' in read)
      assert.deepEqual({ ...read.user, ...user }, read.user)
      assert.equal(read.user.email, email)
    })
  }

  for (const [what, record, fault] of refused) {
    it(`is left out with ${what}`, () => assert.deepEqual(readRecord({ email, ...record }, none), { fault }))
  }

  it('goes before what is said for all lines', () => {
    const defaults: HashDefaults = { format: 'firebase-scrypt', parameters: { rounds: 8, mem_cost: 14 } }
    const read = readRecord({ email, password_hash: 'aGFzaA==', password_params: { rounds: 4 } }, defaults)
    assert.ok('user' in read)
    assert.deepEqual(read.user.hash, {
      format: 'firebase-scrypt',
      text: 'aGFzaA==',
      parameters: { rounds: 4, mem_cost: 14 },
    })
  })
})
