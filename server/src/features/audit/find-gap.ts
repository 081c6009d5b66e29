import type { Database } from '../../platform/db.ts'
import type { ChainEnd, Events } from '../events/events.ts'
import { CHECKPOINT_TYPE, EVENTS_A_CHECKPOINT } from './checkpoint.ts'
import type { ReadStatement } from './sealed-keys.ts'
import { allCheckpoints, areCheckpointsRemoved } from './store.ts'

/** Twice what is due: one relay may end, and the next one begin, between an event and its checkpoint. */
const LATE = 2
const MOST_EVENTS = LATE * EVENTS_A_CHECKPOINT

export type GapDeps = {
  database: Database
  events: Events
  config: {
    /** After so long an event is under a checkpoint. */
    checkpointMs: number
  }
}

/**
 * Looks for checkpoints that were made and are gone, or that nobody made when it was time. Who removes them can have the chain made
 * anew and signed by the service itself; but then the first checkpoint comes late.
 *
 * @param from up to where the chain is known otherwise
 * @param end up to where it goes; the checkpoints are read after it was, since both go on meanwhile
 * @returns the first event that a checkpoint should be after, and is not; undefined: there is none
 */
export async function findGap(
  deps: GapDeps,
  read: ReadStatement,
  from: ChainEnd,
  end: ChainEnd,
): Promise<number | undefined> {
  const { database } = deps
  if (await areCheckpointsRemoved(database.db)) return from.sequence + 1
  let last = { sequence: from.sequence, jws: '' }
  for await (const checkpoint of allCheckpoints(database.db)) {
    if (checkpoint.sequence - last.sequence > MOST_EVENTS) return last.sequence + 1
    if (checkpoint.sequence > last.sequence) last = checkpoint
  }
  const isLate = end.sequence - last.sequence > MOST_EVENTS || (await isOverdue(deps, read, last, end))
  return isLate ? last.sequence + 1 : undefined
}

/**
 * Whether events got their places for longer than it may take until somebody signs. By their own times, not by the time now: a
 * service that is stopped signs nothing, and one that was just started has signed before it has more events.
 */
async function isOverdue(
  { events, config }: GapDeps,
  read: ReadStatement,
  last: { sequence: number; jws: string },
  end: ChainEnd,
): Promise<boolean> {
  if (end.sequence <= last.sequence) return false
  const told = await events.listTold([last.sequence + 1, end.sequence])
  const [first = 0, latest = 0] = [told[0], told.at(-1)].map((one) => Date.parse(one?.event.time ?? ''))
  const signedAt = (read(last.jws, CHECKPOINT_TYPE)?.iat ?? 0) * 1000 // its row can be written to
  return latest - Math.max(first, signedAt) > LATE * config.checkpointMs
}
