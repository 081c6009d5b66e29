import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import { type Bucket, emptyBucket, fillOf, forgottenAt, refund, takeFrom, undo } from './bucket.ts'
import type { Challenge } from './challenge.ts'
import { SUCCESS_REFUND } from './rules.ts'
import type { Attempt, Slot, SlotFinder, Slots } from './slots.ts'
import { findBuckets, holdBuckets, type StoredBucket, saveBuckets } from './store.ts'

/** What an attempt took, until it is known how it went. */
export type Taken = {
  readonly slots: Slots
  /** The buckets that it was counted in, as they were before and after. */
  readonly counted: readonly { slot: Slot; before: Bucket; after: Bucket }[]
}

export type TakeDeps = {
  database: Database
  clock: Clock
  slotsOf: SlotFinder['slotsOf']
  challenge: Challenge | undefined
}

type Buckets = ReadonlyMap<string, StoredBucket>

/**
 * Counts an attempt before it costs anything, in all of its buckets or in none. Looked at first, so that a flood of attempts
 * that are refused writes and locks nothing; counted under locks, so that of many at once no more come through.
 *
 * @throws Refusal 'too-many-requests' { retryAfterSeconds }, 'challenge-required' { purpose, reason }
 */
export async function take(deps: TakeDeps, attempt: Attempt): Promise<Taken> {
  const { database, clock, challenge, slotsOf } = deps
  const slots = slotsOf(attempt)
  const seen = await findBuckets(
    database.db,
    idsOf([...slots.strange, ...slots.familiar.flatMap(({ marker, own }) => [marker, own])]),
  )
  const counting = countingSlots(slots, seen, clock.now())
  refuseWhenFull(countIn(counting, seen, clock.now()))
  if (challenge && counting.some((slot) => isChallengeDue(slot, seen, clock.now()))) {
    const verdict = await challenge.check(attempt.purpose, attempt.solution)
    if (verdict !== 'solved') throw refused('challenge-required', { purpose: attempt.purpose, reason: verdict })
  }
  const result = await database.transaction(async (tx) => {
    const held = await holdBuckets(tx, counting, clock.now())
    const outcome = countIn(counting, held, clock.now())
    if (outcome.kind === 'counted') await saveBuckets(tx, outcome.counted.map(toStored(held)))
    return outcome
  })
  return { slots, counted: refuseWhenFull(result) }
}

/** A device or a network from which the account signed in before counts alone: nobody else's guesses slow it down. */
function countingSlots({ strange, familiar }: Slots, seen: Buckets, now: number): readonly Slot[] {
  const known = familiar.find(({ marker: { id } }) => {
    const bucket = seen.get(id)
    return bucket?.kind === 'known' && bucket.expiresAt > now
  })
  if (!known) return strange
  const { marker, own } = known
  return [own.id === marker.id ? { ...own, kind: 'known' } : own]
}

type Count = { kind: 'counted'; counted: Taken['counted'] } | { kind: 'full'; waitMs: number }

function countIn(slots: readonly Slot[], buckets: Buckets, now: number): Count {
  const counted: { slot: Slot; before: Bucket; after: Bucket }[] = []
  let waitMs = 0
  for (const slot of slots) {
    const before = buckets.get(slot.id) ?? emptyBucket
    const outcome = takeFrom(slot.rule, before, now)
    if (outcome.kind === 'taken') counted.push({ slot, before, after: outcome.bucket })
    else waitMs = Math.max(waitMs, outcome.waitMs)
  }
  return waitMs > 0 ? { kind: 'full', waitMs } : { kind: 'counted', counted }
}

function refuseWhenFull(count: Count): Taken['counted'] {
  if (count.kind === 'counted') return count.counted
  throw refused('too-many-requests', { retryAfterSeconds: Math.ceil(count.waitMs / 1000) })
}

function isChallengeDue({ id, rule, challengeAt }: Slot, seen: Buckets, now: number): boolean {
  return fillOf(rule, seen.get(id) ?? emptyBucket, now) >= challengeAt
}

const HOUR_MS = 3_600_000
// Full hours: the index by expiry is not rewritten by every attempt.
const upToTheHour = (time: number) => Math.ceil(time / HOUR_MS) * HOUR_MS

type Change = { slot: Slot; after: Bucket }

/** A changed bucket as a row. Only a success makes what is known known for longer. */
const toStored =
  (held: Buckets) =>
  ({ slot, after }: Change): StoredBucket => {
    const { id, kind, account, rule } = slot
    const kept = held.get(id)?.expiresAt ?? 0
    const forgotten = upToTheHour(forgottenAt(rule, after))
    const { freeAt, failures } = after
    return { id, kind, account, freeAt, failures, expiresAt: kind === 'known' ? kept : Math.max(kept, forgotten) }
  }

const DAY_MS = 86_400_000
/** For how long a device and a network are known: browsers keep a cookie no longer (RFC 6265bis §5.5); networks change hands. */
const KNOWN_DEVICE_MS = 400 * DAY_MS
const KNOWN_NETWORK_MS = 90 * DAY_MS

/**
 * The attempt was right. Failures in a row end where it was counted (NIST SP 800-63B-4 §3.2.2), steady buckets get most of it
 * back, and device and network are known from now on.
 */
export async function noteSuccess({ clock }: TakeDeps, tx: Db, { slots, counted }: Taken): Promise<void> {
  const now = clock.now()
  const markers = slots.familiar.map(({ marker }) => marker)
  const others = counted.map(({ slot }) => slot).filter(({ id }) => !markers.some((marker) => marker.id === id))
  const held = await holdBuckets(tx, [...others, ...markers], now)
  const settled = others.map((slot) => toStored(held)({ slot, after: settle(slot, held.get(slot.id) ?? emptyBucket) }))
  const known = markers.map(({ id, kind, account }) => {
    const keptMs = kind === 'pair' ? KNOWN_NETWORK_MS : KNOWN_DEVICE_MS
    return { id, kind: 'known' as const, account, ...emptyBucket, expiresAt: upToTheHour(now + keptMs) }
  })
  await saveBuckets(tx, [...settled, ...known])
}

/** The same of what was right and yet no sign-in: nobody is known by it. */
export function noteRight(deps: TakeDeps, tx: Db, { slots, counted }: Taken): Promise<void> {
  return noteSuccess(deps, tx, { slots: { ...slots, familiar: [] }, counted })
}

function settle({ rule }: Slot, bucket: Bucket): Bucket {
  return rule.kind === 'growing' ? emptyBucket : refund(rule, bucket, SUCCESS_REFUND)
}

/** Nobody judged the attempt: it is taken out of each bucket again. */
export async function giveBack({ database, clock }: TakeDeps, { counted }: Taken): Promise<void> {
  await database.transaction(async (tx) => {
    const held = await holdBuckets(
      tx,
      counted.map(({ slot }) => slot),
      clock.now(),
    )
    const undone = counted.map(({ slot, before, after }) => {
      return { slot, after: undo(slot.rule, held.get(slot.id) ?? emptyBucket, { before, after }) }
    })
    await saveBuckets(tx, undone.map(toStored(held)))
  })
}

function idsOf(slots: readonly Slot[]): string[] {
  return [...new Set(slots.map(({ id }) => id))]
}
