/** All SQL of the tables `webhook_endpoint` and `webhook_delivery`. */
import { MysqlAdapter, type Selectable, sql, type Updateable } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { WebhookDeliveryTable, WebhookEndpointTable } from '../../platform/tables.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import type { Endpoint } from './endpoint.ts'

/** An endpoint with what it is signed for with. */
export type StoredEndpoint = Endpoint & {
  secretSealed: string
  previousSecretSealed: string | null
  previousUntil: number | null
  heldUntil: number
}

const endpointColumns = [
  'id',
  'url',
  'description',
  'types',
  'state',
  'disabled_because',
  'secret_sealed',
  'previous_secret_sealed',
  'previous_until',
  'held_until',
  'delivered_at',
  'created_at',
] as const

export async function insertEndpoint(tx: Db, endpoint: StoredEndpoint): Promise<void> {
  await tx
    .insertInto('webhook_endpoint')
    .values({
      id: endpoint.id,
      url: endpoint.url,
      description: endpoint.description,
      types: endpoint.types.join(' '),
      state: endpoint.isEnabled ? 'enabled' : 'disabled',
      disabled_because: endpoint.disabledBecause,
      secret_sealed: endpoint.secretSealed,
      previous_secret_sealed: endpoint.previousSecretSealed,
      previous_until: endpoint.previousUntil,
      held_until: endpoint.heldUntil,
      delivered_at: endpoint.deliveredAt,
      created_at: endpoint.createdAt,
    })
    .execute()
}

/** All of them, oldest first. */
export async function listEndpoints(db: Db): Promise<StoredEndpoint[]> {
  const query = db.selectFrom('webhook_endpoint').select(endpointColumns).orderBy('created_at').orderBy('id')
  return (await query.execute()).map(toEndpoint)
}

export async function findEndpoint(db: Db, id: string): Promise<StoredEndpoint | undefined> {
  const query = db.selectFrom('webhook_endpoint').select(endpointColumns).where('id', '=', id)
  const row = await query.executeTakeFirst()
  return row && toEndpoint(row)
}

function toEndpoint(row: Selectable<WebhookEndpointTable>): StoredEndpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: row.types.split(' ') as unknown as Endpoint['types'],
    isEnabled: row.state === 'enabled',
    disabledBecause: row.disabled_because,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
    secretSealed: row.secret_sealed,
    previousSecretSealed: row.previous_secret_sealed,
    previousUntil: row.previous_until,
    heldUntil: row.held_until,
  }
}

export type EndpointChange = Partial<Pick<Endpoint, 'url' | 'description' | 'types' | 'isEnabled'>>

/** @returns whether there is such an endpoint */
export async function updateEndpoint(tx: Db, id: string, change: EndpointChange): Promise<boolean> {
  const { url, description, types, isEnabled } = change
  return setEndpoint(tx, id, {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(types !== undefined && { types: types.join(' ') }),
    ...(isEnabled === true && { state: 'enabled', disabled_because: null, held_until: 0 }),
    ...(isEnabled === false && { state: 'disabled', disabled_because: 'operator' }),
  })
}

/** Disables one that is enabled. Compare-and-set: one of those who notice it does it. */
export async function disableEndpoint(tx: Db, id: string, because: string): Promise<boolean> {
  const result = await tx
    .updateTable('webhook_endpoint')
    .set({ state: 'disabled', disabled_because: because })
    .where('id', '=', id)
    .where('state', '=', 'enabled')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Another secret; the one that it had signs until then too. Compare-and-set on the one that it had. */
export async function replaceSecret(
  tx: Db,
  { id, secretSealed }: Pick<StoredEndpoint, 'id' | 'secretSealed'>,
  to: string,
  previousUntil: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('webhook_endpoint')
    .set({ secret_sealed: to, previous_secret_sealed: secretSealed, previous_until: previousUntil })
    .where('id', '=', id)
    .where('secret_sealed', '=', secretSealed)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The same secrets, sealed anew. Compare-and-set. */
export async function saveSealed(
  db: Db,
  { id, secretSealed }: Pick<StoredEndpoint, 'id' | 'secretSealed'>,
  to: { secretSealed: string; previousSecretSealed: string | null },
): Promise<void> {
  await db
    .updateTable('webhook_endpoint')
    .set({ secret_sealed: to.secretSealed, previous_secret_sealed: to.previousSecretSealed })
    .where('id', '=', id)
    .where('secret_sealed', '=', secretSealed)
    .execute()
}

/** Never shorter than it is held already: of deliveries that are refused at the same time each may say another pause. */
export async function holdEndpoint(db: Db, id: string, until: number): Promise<void> {
  const update = db.updateTable('webhook_endpoint').set({ held_until: until }).where('id', '=', id)
  await update.where('held_until', '<', until).execute()
}

export async function noteDelivered(db: Db, id: string, now: number): Promise<void> {
  await setEndpoint(db, id, { delivered_at: now })
}

async function setEndpoint(db: Db, id: string, change: Updateable<WebhookEndpointTable>): Promise<boolean> {
  if (Object.keys(change).length === 0) return (await findEndpoint(db, id)) !== undefined
  const update = db.updateTable('webhook_endpoint').set(change).where('id', '=', id)
  return (await update.executeTakeFirst()).numUpdatedRows === 1n
}

/** With everything that was on its way there. */
export async function deleteEndpoint(tx: Db, id: string): Promise<boolean> {
  const result = await tx.deleteFrom('webhook_endpoint').where('id', '=', id).executeTakeFirst()
  await tx.deleteFrom('webhook_delivery').where('endpoint_id', '=', id).execute()
  return result.numDeletedRows === 1n
}

export type NewDelivery = Pick<Delivery, 'endpointId' | 'sequence' | 'eventId' | 'type' | 'userId'>

const ROWS_A_STATEMENT = 100

/** Those that are there already stay as they are. */
export async function insertDeliveries(tx: Db, deliveries: readonly NewDelivery[], now: number): Promise<void> {
  const isMysql = tx.getExecutor().adapter instanceof MysqlAdapter
  for (let from = 0; from < deliveries.length; from += ROWS_A_STATEMENT) {
    const rows = deliveries.slice(from, from + ROWS_A_STATEMENT).map((delivery) => ({
      endpoint_id: delivery.endpointId,
      sequence: delivery.sequence,
      event_id: delivery.eventId,
      type: delivery.type,
      user_id: delivery.userId,
      state: 'due' as const,
      attempts: 0,
      next_at: now,
      last_status: null,
      last_failure: null,
      created_at: now,
      finished_at: null,
    }))
    const insert = tx.insertInto('webhook_delivery').values(rows)
    await (isMysql
      ? insert.onDuplicateKeyUpdate({ sequence: sql`sequence` })
      : insert.onConflict((conflict) => conflict.columns(['endpoint_id', 'sequence']).doNothing())
    ).execute()
  }
}

const deliveryColumns = [
  'endpoint_id',
  'sequence',
  'event_id',
  'type',
  'user_id',
  'state',
  'attempts',
  'next_at',
  'last_status',
  'last_failure',
  'created_at',
  'finished_at',
] as const

/** Ids of enabled endpoints that something is due for, and that may be asked now. */
export async function listDueEndpoints(db: Db, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('webhook_endpoint')
    .select('id')
    .where('state', '=', 'enabled')
    .where('held_until', '<=', now)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('webhook_delivery')
          .select('sequence')
          .whereRef('webhook_delivery.endpoint_id', '=', 'webhook_endpoint.id')
          .where('webhook_delivery.state', '=', 'due')
          .where('webhook_delivery.next_at', '<=', now),
      ),
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** What is due for an endpoint; of each user the first one alone, so that they stay in order. */
export async function listDue(db: Db, endpointId: string, now: number, most: number): Promise<Delivery[]> {
  const rows = await db
    .selectFrom('webhook_delivery')
    .select(deliveryColumns)
    .where('endpoint_id', '=', endpointId)
    .where('state', '=', 'due')
    .where('next_at', '<=', now)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('webhook_delivery as earlier')
            .select('earlier.sequence')
            .whereRef('earlier.endpoint_id', '=', 'webhook_delivery.endpoint_id')
            .whereRef('earlier.user_id', '=', 'webhook_delivery.user_id')
            .where('earlier.state', '=', 'due')
            .whereRef('earlier.sequence', '<', 'webhook_delivery.sequence'),
        ),
      ),
    )
    .orderBy('next_at')
    .orderBy('sequence')
    .limit(most)
    .execute()
  return rows.map(toDelivery)
}

/** Makes it ours until `lostAt`. Compare-and-set: one process sends it. */
export async function claimDelivery(
  db: Db,
  { endpointId, sequence, nextAt, attempts }: Delivery,
  lostAt: number,
): Promise<boolean> {
  const result = await db
    .updateTable('webhook_delivery')
    .set({ next_at: lostAt, attempts: attempts + 1 })
    .where('endpoint_id', '=', endpointId)
    .where('sequence', '=', sequence)
    .where('state', '=', 'due')
    .where('next_at', '=', nextAt)
    .where('attempts', '=', attempts)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export type Outcome = Pick<Delivery, 'state' | 'nextAt' | 'lastStatus' | 'lastFailure' | 'finishedAt'>

/** Notes how an attempt ended. `attempts`: the one it was; another process may have begun the next. */
export async function saveOutcome(
  db: Db,
  { endpointId, sequence, attempts }: Pick<Delivery, 'endpointId' | 'sequence' | 'attempts'>,
  outcome: Outcome,
): Promise<boolean> {
  const result = await db
    .updateTable('webhook_delivery')
    .set({
      state: outcome.state,
      next_at: outcome.nextAt,
      last_status: outcome.lastStatus,
      last_failure: outcome.lastFailure,
      finished_at: outcome.finishedAt,
    })
    .where('endpoint_id', '=', endpointId)
    .where('sequence', '=', sequence)
    .where('state', '=', 'due')
    .where('attempts', '=', attempts)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The first event that is still to be sent somewhere, also to an endpoint that is disabled; beyond all: there is none. */
export async function findFirstDue(db: Db): Promise<number> {
  const endpoints = await db.selectFrom('webhook_endpoint').select('id').execute()
  if (endpoints.length === 0) return Number.MAX_SAFE_INTEGER
  const row = await db
    .selectFrom('webhook_delivery')
    .select((eb) => eb.fn.min('sequence').as('sequence'))
    .where(
      'endpoint_id',
      'in',
      endpoints.map(({ id }) => id),
    )
    .where('state', '=', 'due')
    .executeTakeFirst()
  return row?.sequence == null ? Number.MAX_SAFE_INTEGER : Number(row.sequence)
}

/** Begins anew with one that is finished. @returns whether there is such a one */
export async function reviveDelivery(db: Db, endpointId: string, sequence: number, now: number): Promise<boolean> {
  const result = await db
    .updateTable('webhook_delivery')
    .set({ state: 'due', attempts: 0, next_at: now, finished_at: null, created_at: now })
    .where('endpoint_id', '=', endpointId)
    .where('sequence', '=', sequence)
    .where('state', '!=', 'due')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The latest first. */
export async function listDeliveries(
  db: Db,
  endpointId: string,
  { state, before, most }: { state?: DeliveryState | undefined; before: number; most: number },
): Promise<Delivery[]> {
  const all = db.selectFrom('webhook_delivery').select(deliveryColumns).where('endpoint_id', '=', endpointId)
  const wanted = (state ? all.where('state', '=', state) : all).where('sequence', '<', before)
  return (await wanted.orderBy('sequence', 'desc').limit(most).execute()).map(toDelivery)
}

/** Forgets what was finished before. @returns how many */
export async function purgeFinished(db: Db, before: number): Promise<bigint> {
  const result = await db.deleteFrom('webhook_delivery').where('finished_at', '<', before).executeTakeFirst()
  return result.numDeletedRows
}

function toDelivery(row: Selectable<WebhookDeliveryTable>): Delivery {
  return {
    endpointId: row.endpoint_id,
    sequence: row.sequence,
    eventId: row.event_id,
    type: row.type,
    userId: row.user_id,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at,
    lastStatus: row.last_status,
    lastFailure: row.last_failure,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}
