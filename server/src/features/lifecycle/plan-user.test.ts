import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { User } from '../users/users.ts'
import { type Here, type OldUser, planUser } from './plan-user.ts'

const OWN_HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA'

const HASH = 'pbkdf2_sha256$1$salt$digest'

const old: OldUser = {
  id: 7,
  email: 'Ann@Example.com',
  hash: HASH,
  firstName: 'Ann',
  lastName: 'Lee',
  lastLoginAt: 5000,
  isActive: true,
  isEmailVerified: false,
}
const same: User = {
  id: 7,
  email: 'Ann@Example.com',
  firstName: 'Ann',
  lastName: 'Lee',
  isEnabled: true,
  createdAt: 1,
  lastLoginAt: 5000,
  sessionsEndedAt: null,
  emailVerifiedAt: null,
  locale: null,
  awaitsProof: false,
  hasSecondFactor: false,
}
const nothing: Here = { user: undefined, holderId: undefined, isErased: false, hash: undefined }
const asImported: Here = { ...nothing, user: same, holderId: 7, hash: { text: HASH, isOurs: false } }

function plan(changes: Partial<OldUser> = {}, here: Here = nothing) {
  return planUser({ ...old, ...changes }, here, {
    classify: (hash) =>
      hash.startsWith('md5') ? { kind: 'unknown', algorithm: 'md5' } : { kind: 'usable', scheme: 'any' },
    storedForm: ({ text }) => (text.startsWith('{SSHA}') ? `stored ${text}` : undefined),
  })
}

function planned(changes: Partial<OldUser>, here: Partial<User>, hash: Here['hash'] = asImported.hash) {
  return plan(changes, { ...asImported, user: { ...same, ...here }, hash })
}

test('who is not here is new, with the id, the hash and the state of the old service', () => {
  assert.deepEqual(plan({ isActive: false }), {
    outcome: { kind: 'new', id: 7, changes: [], losses: [] },
    user: {
      id: 7,
      email: old.email,
      firstName: 'Ann',
      lastName: 'Lee',
      isEnabled: false,
      lastLoginAt: 5000,
      isEmailVerified: false,
    },
    hash: old.hash,
  })
})

test('who is here as there is unchanged, and nothing is written', () => {
  const { outcome, change, hash } = plan({}, asImported)
  assert.deepEqual(
    { outcome, change, hash },
    {
      outcome: { kind: 'unchanged', id: 7, changes: [], losses: [] },
      change: {},
      hash: undefined,
    },
  )
})

test('CVE-2026-53516: an address that was proved there is so for who is new here, not for who registered with it before', () => {
  assert.equal(plan({ isEmailVerified: true }).user?.isEmailVerified, true)
  const { outcome, change } = plan({ isEmailVerified: true }, asImported)
  assert.deepEqual([outcome.kind, change], ['unchanged', {}])
})

const leftOut: readonly [string, Partial<OldUser>, Here, object][] = [
  ['an id of zero', { id: 0 }, nothing, { reason: 'id-unusable' }],
  ['an id beyond what a number can say', { id: 2 ** 53 }, nothing, { reason: 'id-unusable' }],
  ['an empty address', { email: '' }, nothing, { reason: 'address-unusable' }],
  ['an address with a NUL', { email: 'a\0@x.org' }, nothing, { reason: 'address-unusable' }],
  ['an address of 255 characters', { email: `${'a'.repeat(249)}@x.org` }, nothing, { reason: 'address-unusable' }],
  ['an address that lower case makes too long', { email: 'İ'.repeat(254) }, nothing, { reason: 'address-unusable' }],
  ['an id whose owner was erased here', {}, { ...nothing, isErased: true }, { reason: 'erased' }],
  [
    "an id that is somebody else's here",
    {},
    { ...nothing, user: { ...same, email: 'bob@example.com' } },
    { reason: 'id-taken' },
  ],
  [
    "an address that is somebody else's here",
    {},
    { ...nothing, holderId: 3 },
    { reason: 'address-taken', holderId: 3 },
  ],
]
for (const [why, changes, here, reason] of leftOut) {
  test(`${why} leaves the user out`, () => {
    const id = changes.id ?? old.id
    assert.deepEqual(plan(changes, here), { outcome: { kind: 'left-out', id, ...reason } })
  })
}

test('an address of 254 code points is taken, whatever their width', () => {
  assert.equal(plan({ email: `${'🦊'.repeat(248)}@x.org` }).outcome.kind, 'new')
})

test('the old service is right about names and the spelling of the address', () => {
  const { outcome, change } = planned({ email: 'ANN@example.com', lastName: 'Li' }, {})
  assert.deepEqual(outcome, { kind: 'changed', id: 7, changes: ['email', 'names'], losses: [] })
  assert.deepEqual(change, { email: 'ANN@example.com', lastName: 'Li' })
})

test('of two last logins the later one counts', () => {
  assert.deepEqual(planned({ lastLoginAt: 6000 }, {}).change, { lastLoginAt: 6000 })
  assert.deepEqual(planned({ lastLoginAt: 6000 }, { lastLoginAt: null }).change, { lastLoginAt: 6000 })
  assert.deepEqual(planned({ lastLoginAt: 4000 }, {}).change, {})
  assert.deepEqual(planned({ lastLoginAt: null }, {}).change, {})
})

test('a hash that differs is taken over, but never in place of one of ours', () => {
  assert.equal(planned({ hash: 'pbkdf2_sha256$2$other' }, {}).hash, 'pbkdf2_sha256$2$other')
  assert.equal(planned({}, {}, { text: OWN_HASH, isOurs: true }).hash, undefined)
  assert.equal(planned({}, {}, { text: OWN_HASH, isOurs: true }).outcome.kind, 'unchanged')
  assert.equal(plan({}, { ...asImported, hash: undefined }).hash, old.hash)
})

test('who became inactive there is disabled here', () => {
  assert.deepEqual(planned({ isActive: false }, {}).outcome, {
    kind: 'changed',
    id: 7,
    changes: ['disabled'],
    losses: [],
  })
  assert.equal(planned({ isActive: false }, { isEnabled: false }).outcome.kind, 'unchanged')
})

test('nobody is enabled: who is active there and disabled here stays disabled, and that is told', () => {
  assert.deepEqual(planned({ isActive: true }, { isEnabled: false }).outcome, {
    kind: 'unchanged',
    id: 7,
    changes: [],
    losses: ['stays-disabled'],
  })
})

test('what does not fit is cut, counted in code points, and told', () => {
  const { outcome, user } = plan({ firstName: '🦊'.repeat(151), lastName: 'Le\0e' })
  assert.deepEqual([user?.firstName, user?.lastName], ['🦊'.repeat(150), 'Lee'])
  assert.deepEqual(outcome, { kind: 'new', id: 7, changes: [], losses: ['name-cut'] })
})

test('a hash that nobody can check, and an address that a login refuses, are told', () => {
  const { outcome, hash } = plan({ hash: 'md5$salt$digest', email: '"a b"@x.org' })
  assert.deepEqual(outcome, { kind: 'new', id: 7, changes: [], losses: ['hash-unknown', 'address-refused'] })
  assert.equal(hash, 'md5$salt$digest')
})

test('a hash that no column takes is not written', () => {
  assert.equal(plan({ hash: 'x'.repeat(513) }).hash, undefined)
  assert.equal(plan({ hash: 'md5$\0' }).hash, undefined)
})

const foreign = (text: string) => ({ format: 'text', text, parameters: {} }) as const

test('a hash of another server is stored in our form, and not at all when nobody can check it: it may be a bare password', () => {
  assert.equal(plan({ hash: foreign('{SSHA}abc') }).hash, 'stored {SSHA}abc')
  const { outcome, hash } = plan({ hash: foreign('letmein') })
  assert.equal(hash, undefined)
  assert.deepEqual(outcome, { kind: 'new', id: 7, changes: [], losses: ['hash-unknown'] })
})

test('who has no password there gets none here, and keeps the one that is here', () => {
  assert.deepEqual(plan({ hash: null }).outcome, { kind: 'new', id: 7, changes: [], losses: [] })
  assert.equal(plan({ hash: null }).hash, undefined)
  assert.equal(planned({ hash: null }, {}).outcome.kind, 'unchanged')
})

test('without an id the address says who it is; who is not here is new and is given an id', () => {
  const { outcome, user } = plan({ id: undefined })
  assert.deepEqual(outcome, { kind: 'new', id: undefined, changes: [], losses: [] })
  assert.ok(user && !('id' in user))
  assert.deepEqual(plan({ id: undefined }, asImported).outcome, { kind: 'unchanged', id: 7, changes: [], losses: [] })
  const changed = plan({ id: undefined, lastName: 'Li' }, asImported)
  assert.deepEqual(changed.outcome, { kind: 'changed', id: 7, changes: ['names'], losses: [] })
  assert.equal(plan({ id: undefined }, { ...asImported, hash: { text: OWN_HASH, isOurs: true } }).hash, undefined)
})
