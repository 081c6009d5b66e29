import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backOff, nextTry, timeoutOf } from './retry.ts'

const GRACE_MS = 10_000 // REFRESH_GRACE_SECONDS of the service
const chance = fc.double({ min: 0, max: 1, noNaN: true })

test('the first tries follow each other quickly, then less and less so', () => {
  const waits = [1, 2, 3, 4, 5, 6].map((tries) => nextTry(tries, 0, 0, 1))
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200])
})

test('the same refresh token is tried again only while the service still gives the same successor', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.nat(30_000),
      fc.nat(60_000),
      chance,
      (tries, since, after, random) => {
        const wait = nextTry(tries, since, after, random)
        assert.ok(wait === undefined || (wait >= after && since + wait < GRACE_MS))
      },
    ),
  )
})

test('answers that never come leave time for a second and a third question in the window', () => {
  let since = 0
  let questions = 1
  for (;;) {
    since += timeoutOf(since)
    const wait = nextTry(questions, since, 0, 1)
    if (wait === undefined) break
    since += wait
    questions += 1
  }
  assert.equal(questions, 3)
  assert.equal(timeoutOf(7_000), 30_000)
})

test('a service that fails is left alone for one second, two, four, up to a minute', () => {
  assert.deepEqual(
    [1, 2, 3, 6, 7, 100].map((failures) => backOff(failures, 0, 1)),
    [1_000, 2_000, 4_000, 32_000, 60_000, 60_000],
  )
  assert.equal(backOff(3, 0, 0), 2_000)
})

test('a service that names a time is never asked before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(600_000), chance, (failures, after, random) => {
      return backOff(failures, after, random) >= after
    }),
  )
})
