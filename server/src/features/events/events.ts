/**
 * Events: facts, written in the same transaction as what they tell of, kept for review and told to other systems. What is
 * not committed did not happen, and what is committed is told. After the commit one relay gives each its place in a chain of
 * hashes. What is personal is sealed under a key of the person: erasing somebody is deleting one key.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { appendEvents } from './append-events.ts'
import { CHAIN_BEGINS, type ChainEnd, type ChainVerdict, checkChain } from './chain.ts'
import type { Envelope } from './cloud-event.ts'
import { type Told, toTold } from './consumer.ts'
import type { ChainedEvent, KeptEvent, NewEvent, OpenedEvent } from './event.ts'
import { findPersonKeys } from './person-keys.ts'
import { type RelayWork, runRelay } from './relay.ts'
import { sealAgain } from './seal-again.ts'
import { holdersOf, openEvent } from './sealed-fields.ts'
import { checkSpan, type SpanVerdict } from './span.ts'
import {
  erasePersonKey,
  findHead,
  findPosition,
  findSequence,
  insertPersonKey,
  listChained,
  listChainedAt,
  listCursors,
  listErased,
  listEvents,
  listUsersWith,
  removeChained,
} from './store.ts'

export { CHAIN_BEGINS, type ChainEnd, type ChainVerdict } from './chain.ts'
export type { Consumer, Told } from './consumer.ts'
export type { NewEvent, OpenedEvent } from './event.ts'
export { createRabbitmqConsumer } from './rabbitmq.ts'
export type { RelayWork } from './relay.ts'

export type Events = {
  /** Appends one fact in the caller's transaction. */
  append(tx: Db, event: NewEvent): Promise<void>
  /** Appends many, in this order: in a few statements, however many they are. */
  appendAll(tx: Db, events: readonly NewEvent[]): Promise<void>
  /** Events about a user, the latest first, with what is personal in them. */
  listAbout(userId: number, page: EventPage): Promise<OpenedEvent[]>
  /** The same of events about anybody. */
  list(page: EventPage): Promise<OpenedEvent[]>
  /** The `position` of an event about this user; undefined: there is none with this id. */
  findPosition(userId: number, id: string): Promise<number | undefined>
  /** The sequence of the event with this id; undefined: there is none, or it has none yet. */
  findSequence(id: string): Promise<number | undefined>
  /** The events at these sequences, as consumers are told them now. */
  listTold(sequences: readonly number[]): Promise<Told[]>
  /** Makes all that is personal in the events of this person unreadable for good. The chain stays whole. */
  forget(tx: Db, userId: number): Promise<void>
  /** Who of these, a few thousand at most, has been forgotten. */
  listForgotten(tx: Db, userIds: readonly number[]): Promise<number[]>
  /** Who of these, a few thousand at most, has an event of this type. */
  listUsersWith(type: NewEvent['type'], userIds: readonly number[]): Promise<number[]>
  /**
   * Takes part in relaying until `signal` says stop: one process at a time gives committed events their place in the chain and
   * tells the consumers.
   */
  relay(work: RelayWork, signal: AbortSignal): Promise<void>
  /**
   * Walks along the whole chain. `witnessed`: hashes that are known from elsewhere, by sequence. `begin`: what the first event
   * follows, where those before it were removed.
   */
  check(witnessed: ReadonlyMap<number, string>, begin?: ChainEnd): Promise<ChainVerdict>
  /** Walks along a part of it. @returns the positions of its events, where each is as it was written and `to` is the last one */
  checkSpan(from: ChainEnd, to: ChainEnd): Promise<SpanVerdict>
  /** Removes chained events for good, in the caller's transaction. @throws Error when one of them is gone already */
  removeChained(tx: Db, positions: readonly number[]): Promise<void>
  /**
   * Up to which sequence everybody has been told who ever was, or is one of these, and the one who is furthest behind.
   *
   * @param names of consumers: one that has not begun yet wants everything
   */
  toldUpTo(names: readonly string[]): Promise<{ sequence: number; name: string }>
  /** Where the chain ends now, as its head says; undefined before the first relay. */
  end(): Promise<ChainEnd | undefined>
  /** Seals every person's key under the SECRET_KEY in use. @returns how many were under another */
  sealAgain(): Promise<number>
}

export type EventPage = {
  most: number
  /** The `position` of the last event of the page before. */
  before?: number | undefined
  types?: readonly NewEvent['type'][] | undefined
}

export type EventsDeps = {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  config: { source: string; tellsPersonal: boolean; leaseMs: number; pollMs: number }
}

export function createEvents(deps: EventsDeps): Events {
  const { database, clock, config } = deps
  const { source, tellsPersonal } = config
  const envelope: Envelope = {
    source,
    tellsPersonal,
    open: (events) =>
      tellsPersonal ? open(events) : Promise.resolve(events.map((event) => openEvent(event, new Map()))),
  }

  async function open(events: readonly KeptEvent[]): Promise<OpenedEvent[]> {
    const keys = await findPersonKeys(deps, database.db, holdersOf(events))
    return events.map((event) => openEvent(event, keys))
  }

  return {
    append: (tx, event) => appendEvents(deps, tx, [event]),
    appendAll: (tx, events) => appendEvents(deps, tx, events),
    listAbout: async (userId, { most, before = Number.MAX_SAFE_INTEGER, types }) =>
      open(await listEvents(database.db, { userId, most, before, types })),
    list: async ({ most, before = Number.MAX_SAFE_INTEGER, types }) =>
      open(await listEvents(database.db, { most, before, types })),
    findPosition: (userId, id) => findPosition(database.db, userId, id),
    findSequence: (id) => findSequence(database.db, id),
    listTold: async (sequences) => toTold(envelope, await listChainedAt(database.db, sequences)),
    async forget(tx, userId) {
      const now = clock.now()
      if (await erasePersonKey(tx, userId, now)) return
      // Somebody who never had a key gets a row that says so: an attempt that is under way makes them none.
      await insertPersonKey(tx, { userId, keySealed: null }, now)
      await erasePersonKey(tx, userId, now)
    },
    listForgotten: listErased,
    listUsersWith: (type, userIds) => listUsersWith(database.db, type, userIds),
    relay: (work, signal) => runRelay({ ...deps, envelope }, work, signal),
    async check(witnessed, begin = CHAIN_BEGINS) {
      // Before the walk: the chain may grow meanwhile.
      const head = await findHead(database.db)
      const told = Math.max(...(await listCursors(database.db)).map(({ sequence }) => sequence))
      const all = head && head.sequence > 0 ? new Map([[head.sequence, head.hash], ...witnessed]) : witnessed
      const verdict = await checkChain(pagesOf(database.db), all, begin)
      const isCutOff = verdict.kind === 'whole' && verdict.end.sequence < told
      return isCutOff ? { kind: 'broken', sequence: verdict.end.sequence + 1, fault: 'missing' } : verdict
    },
    checkSpan: (from, to) => checkSpan(database.db, from, to),
    removeChained,
    async toldUpTo(names) {
      const cursors = await listCursors(database.db)
      const missing = names.filter((name) => !cursors.some((cursor) => cursor.name === name))
      const all = [...cursors, ...missing.map((name) => ({ name, sequence: 0 }))]
      return all.reduce((least, one) => (one.sequence < least.sequence ? one : least), NOBODY_WAITS)
    },
    end: () => findHead(database.db),
    sealAgain: () => sealAgain(deps),
  }
}

const NOBODY_WAITS = { name: '', sequence: Number.MAX_SAFE_INTEGER }

const ROWS_AT_ONCE = 1000

async function* pagesOf(db: Db): AsyncGenerator<ChainedEvent[]> {
  let after = Number.MIN_SAFE_INTEGER // whatever sequence somebody gave a row
  for (;;) {
    const page = await listChained(db, after, ROWS_AT_ONCE)
    const last = page.at(-1)
    if (!last) return
    yield page
    after = last.sequence
  }
}
