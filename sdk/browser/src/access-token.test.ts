import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AccessToken, type Age, ageOf, dueIn, toAccessToken } from './access-token.ts'

const since = { steady: 0, wall: 0 }
const at = (milliseconds: number) => ({ steady: milliseconds, wall: milliseconds })
const living = (seconds: number): AccessToken => ({
  token: 'a.b.c',
  sessionId: 's',
  generation: 1,
  lifetimeMs: seconds * 1000,
  since,
})

const ages: [lifetime: number, second: number, age: Age][] = [
  [3600, 0, 'fresh'],
  [3600, 3539, 'fresh'],
  [3600, 3540, 'due'],
  [3600, 3594, 'due'],
  [3600, 3595, 'spent'],
  [3600, 9999, 'spent'],
  [30, 19, 'fresh'],
  [30, 20, 'due'],
  [30, 24, 'due'],
  [30, 25, 'spent'],
  [3, 1, 'fresh'],
  [3, 2, 'due'],
  [3, 2.5, 'spent'],
]

for (const [lifetime, second, age] of ages) {
  test(`a token that lives ${lifetime} s is ${age} in second ${second}`, () => {
    assert.equal(ageOf(living(lifetime), at(second * 1000)), age)
  })
}

test('a token is due when it says so, and fresh just before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), fc.nat(10_000), (lifetime, now) => {
      const access = living(lifetime)
      const due = now + dueIn(access, at(now))
      assert.notEqual(ageOf(access, at(due)), 'fresh')
      if (due > now) assert.equal(ageOf(access, at(due - 1.001)), 'fresh')
    }),
  )
})

test('the lifetime is what the service says between iat and exp, whatever year it is there', () => {
  const claims = { iat: 4_000_000_000, exp: 4_000_003_600, sid: 's', user_id: 7 }
  const access = toAccessToken({ access: 'a.b.c', claims }, 5, since)
  assert.deepEqual(access, { token: 'a.b.c', sessionId: 's', generation: 5, lifetimeMs: 3_600_000, since })
})
