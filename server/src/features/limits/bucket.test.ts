import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Bucket,
  emptyBucket,
  fillOf,
  forgottenAt,
  type Rule,
  refund,
  takeFrom,
  undo,
  waitAfter,
} from './bucket.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const steady = { kind: 'steady', burst: 3, refillMs: 10 * SECOND } as const
const growing = { kind: 'growing', free: 3 } as const

test('a steady bucket lets a burst through at once, and then one at a time', () => {
  assert.deepEqual(
    play(steady, [0, 0, 0, 0, 9_999, 10_000, 10_000, 60_000, 60_000, 60_000, 60_000]),
    [0, 0, 0, 10_000, 1, 0, 10_000, 0, 0, 0, 10_000],
  )
})

test('NIST SP 800-63B-4 §3.2.2: after the free failures the wait doubles from 30 seconds up to an hour', () => {
  const waits = Array.from({ length: 13 }, (_, failures) => waitAfter(3, failures) / SECOND)
  assert.deepEqual(waits, [0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
})

test('NIST SP 800-63B-4 §3.2.2: whoever takes whatever can be taken gets 100 failures in a row, and then one a day', () => {
  const taken = takeGreedily(growing, 40 * DAY)
  const hundredth = taken[99] ?? 0
  assert.ok(hundredth > 3 * DAY && hundredth < 5 * DAY)
  const rest = taken.slice(99)
  assert.deepEqual(
    rest.slice(1).map((time, index) => time - (rest[index] ?? 0)),
    rest.slice(1).map(() => DAY),
  )
})

test('pausing does not pay: a row of failures is forgotten only after 30 quiet days', () => {
  const full: Bucket = { freeAt: NOW, failures: 100 }
  const failuresAfter = (pause: number) => {
    const outcome = takeFrom(growing, full, NOW + pause)
    return outcome.kind === 'taken' && outcome.bucket.failures
  }
  assert.deepEqual([failuresAfter(DAY), failuresAfter(30 * DAY - 1), failuresAfter(30 * DAY)], [101, 101, 1])
  assert.equal(forgottenAt(growing, full), NOW + 30 * DAY)
})

test('a right attempt costs a tenth in a steady bucket', () => {
  const outcome = takeFrom(steady, emptyBucket, NOW)
  assert.ok(outcome.kind === 'taken')
  assert.deepEqual(refund(steady, outcome.bucket, 0.9), { freeAt: NOW + 1_000, failures: 0 })
  assert.deepEqual(refund(steady, emptyBucket, 0.9), emptyBucket)
})

test('what was taken and undone was never taken, in whatever order it is undone', () => {
  const orders = fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 8, maxLength: 8 })
  for (const rule of [
    { kind: 'steady', burst: 9, refillMs: SECOND },
    { kind: 'growing', free: 9 },
  ] as const) {
    fc.assert(
      fc.property(orders, (order) => {
        let bucket: Bucket = { freeAt: NOW, failures: 0 }
        const taken = order.map(() => {
          const outcome = takeFrom(rule, bucket, NOW)
          assert.ok(outcome.kind === 'taken')
          const step = { before: bucket, after: outcome.bucket }
          bucket = outcome.bucket
          return step
        })
        for (const turn of order) bucket = undo(rule, bucket, taken[turn] ?? assert.fail())
        assert.deepEqual(bucket, { freeAt: NOW, failures: 0 })
      }),
    )
  }
  assert.deepEqual(
    undo(growing, emptyBucket, { before: emptyBucket, after: { freeAt: NOW, failures: 1 } }),
    emptyBucket,
  )
})

test('half used is half full', () => {
  assert.equal(fillOf({ kind: 'growing', free: 10 }, { freeAt: 0, failures: 5 }, 0), 0.5)
  assert.equal(fillOf(steady, { freeAt: NOW + 15 * SECOND, failures: 0 }, NOW), 0.5)
  assert.equal(fillOf(steady, emptyBucket, NOW), 0)
})

const rules = fc.oneof(
  fc.record({
    kind: fc.constant('steady' as const),
    burst: fc.integer({ min: 1, max: 500 }),
    refillMs: fc.integer({ min: 1, max: HOUR }),
  }),
  fc.record({ kind: fc.constant('growing' as const), free: fc.integer({ min: 1, max: 60 }) }),
)
const buckets = fc.record({
  freeAt: fc.integer({ min: 0, max: 2 * NOW }),
  failures: fc.integer({ min: 0, max: 1_000 }),
})

test('whatever the clock did, nobody waits longer than a full bucket makes wait, and what clocks may be apart', () => {
  fc.assert(
    fc.property(rules, buckets, (rule: Rule, bucket: Bucket) => {
      const outcome = takeFrom(rule, bucket, NOW)
      const longest = (rule.kind === 'steady' ? rule.refillMs : DAY) + 300 * SECOND
      assert.ok(outcome.kind === 'taken' || (outcome.waitMs > 0 && outcome.waitMs <= longest))
    }),
  )
})

test('after the wait that was told, one can be taken', () => {
  fc.assert(
    fc.property(rules, buckets, (rule: Rule, bucket: Bucket) => {
      const outcome = takeFrom(rule, bucket, NOW)
      if (outcome.kind === 'taken') return
      assert.equal(takeFrom(rule, bucket, NOW + outcome.waitMs).kind, 'taken')
      assert.equal(takeFrom(rule, bucket, NOW + outcome.waitMs - 1).kind, 'refused')
    }),
  )
})

test('a steady bucket never gives more than its burst and what has flowed back, whenever it is asked', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 40 * SECOND }), { maxLength: 60 })
  fc.assert(
    fc.property(pauses, (given) => {
      let at = 0
      const times = given.map((pause) => (at += pause))
      const taken = play(steady, times).filter((wait) => wait === 0).length
      assert.ok(taken <= steady.burst + Math.floor(at / steady.refillMs))
    }),
  )
})

/** @returns the wait that each asking at these times (milliseconds after NOW) is told; 0: taken */
function play(rule: Rule, times: readonly number[]): number[] {
  let bucket = emptyBucket
  return times.map((time) => {
    const outcome = takeFrom(rule, bucket, NOW + time)
    if (outcome.kind === 'refused') return outcome.waitMs
    bucket = outcome.bucket
    return 0
  })
}

/** @returns when each one was taken, by somebody who always comes back as soon as it is allowed */
function takeGreedily(rule: Rule, until: number): number[] {
  const taken: number[] = []
  let bucket = emptyBucket
  for (let at = 0; at < until; ) {
    const outcome = takeFrom(rule, bucket, NOW + at)
    if (outcome.kind === 'refused') {
      at += outcome.waitMs
      continue
    }
    taken.push(at)
    bucket = outcome.bucket
  }
  return taken
}
