/**
 * Events: facts, written in the same transaction as what they tell of, kept for review and told to other systems. What is
 * not committed did not happen, and what is committed is told.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { NewEvent } from './event.ts'
import { insertEvent } from './store.ts'

export type { NewEvent } from './event.ts'

export type Events = {
  /** Appends one fact in the caller's transaction. */
  append(tx: Db, event: NewEvent): Promise<void>
}

export function createEvents({ clock }: { clock: Clock }): Events {
  return { append: (tx, event) => insertEvent(tx, event, clock.now()) }
}
