/**
 * The arithmetic of a bucket, pure. A bucket is two numbers; a rule says when one more may be taken.
 *
 * Steady: the generic cell rate algorithm (ITU-T I.371, annex A). `freeAt` is the theoretical arrival time: when the bucket
 * is empty again. Growing: after some free failures each failure doubles the wait (NIST SP 800-63B-4 §3.2.2).
 */
export type Bucket = {
  /** Steady: when everything has flowed off. Growing: when the next one may be taken. Milliseconds since the epoch. */
  readonly freeAt: number
  /** Growing: taken and not found right since, in a row. */
  readonly failures: number
}

export type SteadyRule = { readonly kind: 'steady'; readonly burst: number; readonly refillMs: number }
export type GrowingRule = { readonly kind: 'growing'; readonly free: number }
export type Rule = SteadyRule | GrowingRule

export type Outcome = { kind: 'taken'; bucket: Bucket } | { kind: 'refused'; waitMs: number }

const SECOND = 1_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

// NIST SP 800-63B-4 §3.2.2: "30 seconds up to an hour"; no more than 100 failures in a row.
const FIRST_WAIT_MS = 30 * SECOND
const LONGEST_WAIT_MS = HOUR
const MOST_IN_A_ROW = 100
// Where the standard disables the password we let through one attempt a day: a stranger could disable anybody's.
const WAIT_BEYOND_MS = DAY
/** A row of failures is forgotten after so long without another one: pausing must not pay. */
const FORGET_MS = 30 * DAY
/** How far the clocks of two machines on one database may be apart. */
const CLOCKS_APART_MS = 5 * 60 * SECOND

export const emptyBucket: Bucket = { freeAt: 0, failures: 0 }

/** Takes one, or says how long to wait. */
export function takeFrom(rule: Rule, bucket: Bucket, now: number): Outcome {
  return rule.kind === 'steady' ? takeSteady(rule, bucket, now) : takeGrowing(rule, bucket, now)
}

function takeSteady({ burst, refillMs }: SteadyRule, bucket: Bucket, now: number): Outcome {
  const capacityMs = burst * refillMs
  const freeAt = now + waitUntil(bucket.freeAt, now, capacityMs) + refillMs
  const waitMs = freeAt - now - capacityMs
  return waitMs > 0 ? { kind: 'refused', waitMs } : { kind: 'taken', bucket: { freeAt, failures: 0 } }
}

/** How far away a time is. One that is further than any rule puts it was written by a clock that was set back since: it has passed. */
function waitUntil(time: number, now: number, longestMs: number): number {
  const waitMs = Math.max(0, time - now)
  return waitMs > longestMs + CLOCKS_APART_MS ? 0 : waitMs
}

function takeGrowing({ free }: GrowingRule, bucket: Bucket, now: number): Outcome {
  const before = rowOf(bucket, now)
  const waitMs = waitUntil(bucket.freeAt, now, waitAfter(free, before))
  if (waitMs > 0) return { kind: 'refused', waitMs }
  const failures = before + 1
  return { kind: 'taken', bucket: { freeAt: now + waitAfter(free, failures), failures } }
}

function rowOf({ freeAt, failures }: Bucket, now: number): number {
  return now >= freeAt + FORGET_MS ? 0 : failures
}

/** How long to wait after so many failures in a row, of which `free` cost nothing. */
export function waitAfter(free: number, failures: number): number {
  if (failures < free) return 0
  if (failures >= MOST_IN_A_ROW) return WAIT_BEYOND_MS
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - free), LONGEST_WAIT_MS)
}

/** Gives back a part of what one costs in a steady bucket, as when an attempt was right. */
export function refund({ refillMs }: SteadyRule, bucket: Bucket, part: number): Bucket {
  return { ...bucket, freeAt: Math.max(0, Math.round(bucket.freeAt - refillMs * part)) }
}

/** As if what led from `before` to `after` had not been taken, whatever others took or found right since. */
export function undo(rule: Rule, bucket: Bucket, { before, after }: { before: Bucket; after: Bucket }): Bucket {
  if (rule.kind === 'steady') return refund(rule, bucket, 1)
  if (bucket.freeAt === after.freeAt && bucket.failures === after.failures) return before
  const failures = Math.max(0, bucket.failures - 1)
  return { failures, freeAt: failures < rule.free ? before.freeAt : bucket.freeAt }
}

/** How full it is: 0 to 1, and beyond 1 while a growing one makes wait. */
export function fillOf(rule: Rule, bucket: Bucket, now: number): number {
  if (rule.kind === 'growing') return rowOf(bucket, now) / rule.free
  const capacityMs = rule.burst * rule.refillMs
  return waitUntil(bucket.freeAt, now, capacityMs) / capacityMs
}

/** When the bucket is as if it had never been: its row may go then. */
export function forgottenAt(rule: Rule, { freeAt }: Bucket): number {
  return rule.kind === 'steady' ? freeAt : freeAt + FORGET_MS
}
