import type { CloudEvent } from '../../../../contract/events.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { type Envelope, toCloudEvent } from './cloud-event.ts'
import type { ChainedEvent, OpenedEvent } from './event.ts'
import { repeatUntil } from './repeat.ts'
import { getCursor, listChained, moveCursor } from './store.ts'

/** An event that is told: its envelope, and what a consumer of ours needs beside. */
export type Told = { sequence: number; userId: number | null; event: CloudEvent }

/** Somebody who is told of all events, in order. */
export type Consumer = {
  /** What its place is kept under: another name begins anew. */
  name: string
  /**
   * Takes events, in their order, and answers how many of them, from the first one on, it has for good. The others come
   * again, as does what it had taken when the answer was lost.
   */
  take(events: readonly Told[], until: AbortSignal): Promise<number>
  /** Whether nobody wants any of what there is now: then its place moves on, and nothing is read or opened for it. */
  isIdle?(): Promise<boolean>
  /** When the term ends: lets go of connections. */
  rest?(): Promise<void>
}

export type ConsumerDeps = {
  database: Database
  clock: Clock
  logger: Logger
  envelope: Envelope
  config: { pollMs: number }
}

/** The sequence of the last event that has its place; undefined: not known at the moment. */
export type LastChained = () => number | undefined

const EVENTS_AT_ONCE = 500

/** Tells one consumer, until the signal. Its place moves only after it has taken what was told, or wants none of it. */
export async function tellConsumer(
  deps: ConsumerDeps,
  consumer: Consumer,
  lastChained: LastChained,
  lose: (why: string) => void,
  until: AbortSignal,
): Promise<void> {
  const { database, clock, logger, envelope, config } = deps
  const { name } = consumer
  let cursor: number | undefined
  await repeatUntil(until, { pollMs: config.pollMs, onError: tell }, async () => {
    const last = lastChained() // before anybody is asked: what comes after it is not passed over
    if (last === undefined) return false
    cursor ??= await getCursor(database.db, name, clock.now())
    if (last <= cursor) return false
    if (await consumer.isIdle?.()) {
      await moveTo(cursor, last)
      return false
    }
    const page = await listChained(database.db, cursor, EVENTS_AT_ONCE)
    if (page.length === 0) return false
    const taken = await consumer.take(await toTold(envelope, page), until)
    const lastTaken = page[taken - 1]
    if (!lastTaken) return false
    return (await moveTo(cursor, lastTaken.sequence)) && taken === page.length
  })
  await consumer.rest?.().catch(tell)

  async function moveTo(from: number, sequence: number): Promise<boolean> {
    cursor = undefined // read anew should the next line fail
    if (!(await moveCursor(database.db, name, from, sequence, clock.now()))) {
      lose(`another process has moved the place of ${name}`)
      return false
    }
    cursor = sequence
    return true
  }

  function tell(error: unknown): void {
    logger.warn({ consumer: name, err: error }, 'events could not be told; they wait')
  }
}

/** As consumers are told them. */
export async function toTold(envelope: Envelope, page: readonly ChainedEvent[]): Promise<Told[]> {
  const opened = await envelope.open(page)
  return page.map((event, index) => ({
    sequence: event.sequence,
    userId: event.userId,
    event: toCloudEvent(event.sequence, opened[index] as OpenedEvent, envelope),
  }))
}
