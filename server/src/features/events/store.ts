/** All SQL of the tables `event`, `person_key`, `event_head` and `event_consumer`. */
import { type Insertable, type InsertQueryBuilder, type InsertResult, MysqlAdapter, type Selectable, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { prepared } from '../../platform/prepared.ts'
import type { EventTable, Tables } from '../../platform/tables.ts'
import type { ChainEnd } from './chain.ts'
import type { ChainedEvent, KeptEvent } from './event.ts'

const HEAD = 'chain'

const columns = [
  'position',
  'id',
  'type',
  'occurred_at',
  'user_id',
  'actor_kind',
  'actor_id',
  'session_id',
  'client_id',
  'result',
  'reason',
  'data',
  'origin_sealed',
  'personal_sealed',
] as const

type UnkeptEvent = Omit<KeptEvent, 'position'>

const insertOne = prepared((db, event: UnkeptEvent) => db.insertInto('event').values(toRow(event)))

const INSERTED_A_STATEMENT = 200 // of 13 parameters each: far below SQLite's 32,766

/** Their positions are in the order in which they come. */
export async function insertEvents(tx: Db, events: readonly UnkeptEvent[]): Promise<void> {
  const [event, ...others] = events
  if (event && others.length === 0) return void (await insertOne(tx, event)) // as in most transactions
  for (let from = 0; from < events.length; from += INSERTED_A_STATEMENT) {
    const some = events.slice(from, from + INSERTED_A_STATEMENT)
    await tx.insertInto('event').values(some.map(toRow)).execute()
  }
}

function toRow(event: UnkeptEvent): Insertable<EventTable> {
  return {
    id: event.id,
    type: event.type,
    occurred_at: event.occurredAt,
    user_id: event.userId,
    actor_kind: event.actorKind,
    actor_id: event.actorId,
    session_id: event.sessionId,
    client_id: event.clientId,
    result: event.result,
    reason: event.reason,
    data: event.data,
    origin_sealed: event.originSealed,
    personal_sealed: event.personalSealed,
  }
}

/** Committed events that have no place in the chain yet, in the order of their positions. */
export async function listUnchained(db: Db, most: number): Promise<KeptEvent[]> {
  return (await queryUnchained(db, most).execute()).map(toKept)
}

export async function hasUnchained(db: Db): Promise<boolean> {
  return (await queryUnchained(db, 1).execute()).length > 0
}

/** Its own, so that a test can ask how it is run. */
export function queryUnchained(db: Db, most: number) {
  const query = db.selectFrom(waitingIn(db)).select(columns).where('sequence', 'is', null)
  return query.orderBy('position').limit(most)
}

// MariaDB believes that it meets those that wait soon, from the first event on, and looks at all that have their places.
function waitingIn(db: Db) {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  const alias = isMysql ? sql`event force index (event_waiting)` : sql`event`
  return sql<Selectable<EventTable>>`event`.as<'event'>(alias)
}

const ROWS_A_STATEMENT = 128

/** Writes the places that the events got. Those of a sequence that is taken already are refused by the unique key. */
export async function saveChained(tx: Db, events: readonly ChainedEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += ROWS_A_STATEMENT) {
    await saveSome(tx, events.slice(from, from + ROWS_A_STATEMENT))
  }
}

async function saveSome(tx: Db, events: readonly ChainedEvent[]): Promise<void> {
  const rows = padded(events)
  const cases = (value: (event: ChainedEvent) => number | string, type: 'bigint' | 'varchar(64)') => {
    // PostgreSQL takes a parameter whose type nothing says for text.
    const cast = (event: ChainedEvent) =>
      tx.getExecutor().adapter instanceof MysqlAdapter
        ? sql`${value(event)}`
        : sql`cast(${value(event)} as ${sql.raw(type)})`
    return sql.join(
      rows.map((event) => sql`when ${event.position} then ${cast(event)}`),
      sql` `,
    )
  }
  await tx
    .updateTable('event')
    .set({
      sequence: sql<number>`case position ${cases(({ sequence }) => sequence, 'bigint')} end`,
      hash: sql<string>`case position ${cases(({ hash }) => hash, 'varchar(64)')} end`,
    })
    .where(
      'position',
      'in',
      rows.map(({ position }) => position),
    )
    .where('sequence', 'is', null)
    .execute()
}

// To a power of two, by the last one again: eight statements to be prepared instead of as many as there are lengths.
function padded<T>(items: readonly T[]): T[] {
  const length = 2 ** Math.ceil(Math.log2(items.length))
  return [...items, ...Array.from({ length: length - items.length }, () => items.at(-1) as T)]
}

/** Chained events after a sequence, in order. */
export async function listChained(db: Db, after: number, most: number): Promise<ChainedEvent[]> {
  const rows = await db
    .selectFrom('event')
    .select([...columns, 'sequence', 'hash'])
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(most)
    .execute()
  return rows.map((row) => ({ ...toKept(row), sequence: Number(row.sequence), hash: String(row.hash) }))
}

const REMOVED_A_STATEMENT = 500

/**
 * Removes chained events. By position: a range of sequences would lock, on MySQL, the end of those that have none yet, where
 * everybody writes.
 *
 * @throws Error when one of them is not there
 */
export async function removeChained(tx: Db, positions: readonly number[]): Promise<void> {
  for (let from = 0; from < positions.length; from += REMOVED_A_STATEMENT) {
    const some = positions.slice(from, from + REMOVED_A_STATEMENT)
    const query = tx.deleteFrom('event').where('position', 'in', some).where('sequence', 'is not', null)
    const { numDeletedRows } = await query.executeTakeFirst()
    if (Number(numDeletedRows) !== some.length) throw new Error('an event that was to be removed is not there')
  }
}

/** Chained events at these sequences, as far as they are there. */
export async function listChainedAt(db: Db, sequences: readonly number[]): Promise<ChainedEvent[]> {
  if (sequences.length === 0) return []
  const query = db
    .selectFrom('event')
    .select([...columns, 'sequence', 'hash'])
    .where('sequence', 'in', sequences)
  const rows = await query.orderBy('sequence').execute()
  return rows.map((row) => ({ ...toKept(row), sequence: Number(row.sequence), hash: String(row.hash) }))
}

/** Events about a user, or about anybody, the latest first. */
export async function listEvents(db: Db, wanted: WantedEvents): Promise<KeptEvent[]> {
  return (await queryEvents(db, wanted).execute()).map(toKept)
}

export type WantedEvents = {
  userId?: number | undefined
  before: number
  most: number
  types?: readonly string[] | undefined
}

/** Its own, so that a test can ask how it is run. */
export function queryEvents(db: Db, { userId, before, most, types }: WantedEvents) {
  const all = db.selectFrom('event').select(columns).where('position', '<', before)
  const about = userId === undefined ? all : all.where('user_id', '=', userId)
  const wanted = types ? about.where('type', 'in', [...types]) : about
  return wanted.orderBy('position', 'desc').limit(most)
}

/** Where an event about this user is; undefined: there is none with this id, or it is about somebody else. */
export async function findPosition(db: Db, userId: number, id: string): Promise<number | undefined> {
  const query = db.selectFrom('event').select('position').where('id', '=', id).where('user_id', '=', userId)
  return (await query.executeTakeFirst())?.position
}

/** The place of an event in the chain; undefined: there is none with this id, or it has none yet. */
export async function findSequence(db: Db, id: string): Promise<number | undefined> {
  const row = await db.selectFrom('event').select('sequence').where('id', '=', id).executeTakeFirst()
  return row?.sequence ?? undefined
}

function toKept(row: Pick<Selectable<EventTable>, (typeof columns)[number]>): KeptEvent {
  return {
    position: row.position,
    id: row.id,
    type: row.type,
    occurredAt: row.occurred_at,
    userId: row.user_id,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    sessionId: row.session_id,
    clientId: row.client_id,
    result: row.result,
    reason: row.reason,
    data: row.data,
    originSealed: row.origin_sealed,
    personalSealed: row.personal_sealed,
  }
}

/** The key of a person; null once the person has been erased. */
export type StoredPersonKey = { userId: number; keySealed: string | null }

const selectPersonKeys = (db: Db) => db.selectFrom('person_key').select(['user_id', 'key_sealed'])

const selectPersonKey = prepared((db, { userId }: { userId: number }) =>
  selectPersonKeys(db).where('user_id', '=', userId),
)

export async function listPersonKeys(db: Db, userIds: readonly number[]): Promise<StoredPersonKey[]> {
  const [userId, ...others] = userIds
  if (userId === undefined) return []
  const rows =
    others.length === 0 // as in most events
      ? (await selectPersonKey(db, { userId })).rows
      : await selectPersonKeys(db).where('user_id', 'in', userIds).execute()
  return rows.map(({ user_id, key_sealed }) => ({ userId: user_id, keySealed: key_sealed }))
}

/** Waits for whoever is making one for the same person, and then leaves theirs. */
export async function insertPersonKey(tx: Db, { userId, keySealed }: StoredPersonKey, now: number): Promise<void> {
  const row = { user_id: userId, key_sealed: keySealed, made_at: now, erased_at: keySealed === null ? now : null }
  await unlessThere(tx, tx.insertInto('person_key').values(row), 'user_id').execute()
}

/** @returns whether there is a row for the person */
export async function erasePersonKey(tx: Db, userId: number, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('person_key')
    .set({ key_sealed: null, erased_at: now })
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Who of them has an event of this type. */
export async function listUsersWith(db: Db, type: string, userIds: readonly number[]): Promise<number[]> {
  if (userIds.length === 0) return []
  const query = db.selectFrom('event').select('user_id').distinct()
  const rows = await query.where('user_id', 'in', userIds).where('type', '=', type).execute()
  return rows.map(({ user_id }) => Number(user_id))
}

/** Who of them has been erased. */
export async function listErased(db: Db, userIds: readonly number[]): Promise<number[]> {
  if (userIds.length === 0) return []
  const query = db.selectFrom('person_key').select('user_id').where('user_id', 'in', userIds)
  const rows = await query.where('key_sealed', 'is', null).execute()
  return rows.map(({ user_id }) => user_id)
}

/** Keys of persons who have not been erased, from the lowest user id above `after` on. */
export async function listKeysAfter(
  db: Db,
  after: number,
  most: number,
): Promise<{ userId: number; keySealed: string }[]> {
  const rows = await db
    .selectFrom('person_key')
    .select(['user_id', 'key_sealed'])
    .where('user_id', '>', after)
    .where('key_sealed', 'is not', null)
    .orderBy('user_id')
    .limit(most)
    .execute()
  return rows.map(({ user_id, key_sealed }) => ({ userId: user_id, keySealed: String(key_sealed) }))
}

/** Compare-and-set on the old seal: who was erased meanwhile stays erased. */
export async function replacePersonKey(db: Db, userId: number, from: string, to: string): Promise<boolean> {
  const result = await db
    .updateTable('person_key')
    .set({ key_sealed: to })
    .where('user_id', '=', userId)
    .where('key_sealed', '=', from)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Makes the head of the chain where there is none. */
export async function insertHead(db: Db, { sequence, hash }: ChainEnd): Promise<void> {
  const row = { name: HEAD, sequence, hash, holder: null, lease_ends_at: 0 }
  await unlessThere(db, db.insertInto('event_head').values(row), 'name').execute()
}

/** Takes or renews the lease of the chain. Compare-and-set: false while another one holds it. */
export async function takeLease(db: Db, holder: string, now: number, endsAt: number): Promise<boolean> {
  const result = await db
    .updateTable('event_head')
    .set({ holder, lease_ends_at: endsAt })
    .where('name', '=', HEAD)
    .where((eb) => eb.or([eb('holder', 'is', null), eb('holder', '=', holder), eb('lease_ends_at', '<=', now)]))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Renews it where it has not passed to another holder. */
export async function renewLease(db: Db, holder: string, endsAt: number): Promise<boolean> {
  const update = db.updateTable('event_head').set({ lease_ends_at: endsAt }).where('name', '=', HEAD)
  return (await update.where('holder', '=', holder).executeTakeFirst()).numUpdatedRows === 1n
}

export async function dropLease(db: Db, holder: string): Promise<void> {
  const update = db.updateTable('event_head').set({ holder: null, lease_ends_at: 0 }).where('name', '=', HEAD)
  await update.where('holder', '=', holder).execute()
}

/** The end of the chain, its row locked until the transaction ends; undefined when the lease is not this holder's. */
export async function holdHead(tx: Db, holder: string): Promise<ChainEnd | undefined> {
  const update = tx.updateTable('event_head').set({ holder }).where('name', '=', HEAD).where('holder', '=', holder)
  if ((await update.executeTakeFirst()).numUpdatedRows !== 1n) return undefined
  return findHead(tx)
}

export async function findHead(db: Db): Promise<ChainEnd | undefined> {
  const query = db.selectFrom('event_head').select(['sequence', 'hash']).where('name', '=', HEAD)
  const row = await query.executeTakeFirst()
  return row && { sequence: row.sequence, hash: row.hash }
}

export async function moveHead(tx: Db, { sequence, hash }: ChainEnd): Promise<void> {
  await tx.updateTable('event_head').set({ sequence, hash }).where('name', '=', HEAD).execute()
}

/** Up to where a consumer has been told; one that is new begins before the first event. */
export async function getCursor(db: Db, name: string, now: number): Promise<number> {
  const begun = db.insertInto('event_consumer').values({ name, sequence: 0, moved_at: now })
  await unlessThere(db, begun, 'name').execute()
  const row = await db
    .selectFrom('event_consumer')
    .select('sequence')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return row.sequence
}

/** Up to where each consumer has been told that ever was. */
export async function listCursors(db: Db): Promise<{ name: string; sequence: number }[]> {
  return db.selectFrom('event_consumer').select(['name', 'sequence']).orderBy('name').execute()
}

/** Compare-and-set: false when another process moved it. */
export async function moveCursor(db: Db, name: string, from: number, to: number, now: number): Promise<boolean> {
  const result = await db
    .updateTable('event_consumer')
    .set({ sequence: to, moved_at: now })
    .where('name', '=', name)
    .where('sequence', '=', from)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The insert, which leaves the row with this key alone where there is one. */
function unlessThere<T extends keyof Tables>(db: Db, insert: InsertQueryBuilder<Tables, T, InsertResult>, key: string) {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  return isMysql
    ? insert.onDuplicateKeyUpdate({ [key]: sql`${sql.ref(key)}` } as never)
    : insert.onConflict((conflict) => conflict.column(key as never).doNothing())
}
