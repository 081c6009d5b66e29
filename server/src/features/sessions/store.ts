import { type Selectable, SqliteAdapter } from 'kysely'
import type { AuthClass, AuthMethod } from '../../../../contract/claims.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { prepared } from '../../platform/prepared.ts'
import type { SessionTable } from '../../platform/tables.ts'
import type { Assurance } from './assurance.ts'
import type { EndedSession, KeptSession, Session } from './session.ts'
import type { EndReason } from './what-ends.ts'

const ADDRESS_CHARACTERS = 45 // the longest text form of an IPv6 address
const USER_AGENT_CHARACTERS = 255

const columns = [
  'id',
  'user_id',
  'opened_at',
  'last_used_at',
  'expires_at',
  'access_expires_at',
  'current_token_id',
  'current_token_hash',
  'parent_token_id',
  'rotated_at',
  'successor_sealed',
  'ended_at',
  'amr',
  'acr',
  'authenticated_at',
  'status_index',
  'claims_version',
] as const

const rowColumns = [...columns, 'end_reason', 'address', 'user_agent'] as const

/** @throws UniqueViolation when there is a session with this id */
export async function insertSession(tx: Db, session: Session, origin: Origin): Promise<void> {
  await insertRow(tx, toRow(session, origin))
}

const insertRow = prepared((db, row: SessionTable) => {
  const values = Object.fromEntries(rowColumns.map((column) => [column, row[column]]))
  return db.insertInto('session').values(values as SessionTable)
})

/** Inserts many sessions of one origin, ended for one reason or not at all. @throws UniqueViolation as above */
export async function insertSessions(
  tx: Db,
  sessions: readonly Session[],
  origin: Origin,
  endReason: EndReason | null,
): Promise<void> {
  const rows = sessions.map((session) => toRow(session, origin, endReason))
  await tx.insertInto('session').values(rows).execute()
}

function toRow(session: Session, origin: Origin, endReason: EndReason | null = null): SessionTable {
  return {
    id: session.id,
    user_id: session.userId,
    opened_at: session.openedAt,
    last_used_at: session.lastUsedAt,
    expires_at: session.expiresAt,
    access_expires_at: session.accessExpiresAt,
    current_token_id: session.currentTokenId,
    current_token_hash: session.currentTokenHash,
    parent_token_id: session.parentTokenId,
    rotated_at: session.rotatedAt,
    successor_sealed: session.successorSealed,
    ended_at: session.endedAt,
    end_reason: endReason,
    ...toProofColumns(session),
    status_index: session.statusIndex,
    claims_version: session.claimsVersion,
    address: origin.address?.slice(0, ADDRESS_CHARACTERS) ?? null,
    user_agent: origin.userAgent?.slice(0, USER_AGENT_CHARACTERS) ?? null,
  }
}

const selectSession = prepared((db, { id }: { id: string }) =>
  db.selectFrom('session').select(columns).where('id', '=', id),
)

export async function findSession(db: Db, id: string): Promise<Session | undefined> {
  const { rows } = await selectSession(db, { id })
  return rows[0] && toSession(rows[0])
}

/** All that there are of these. */
export async function listSessions(db: Db, ids: readonly string[]): Promise<Session[]> {
  if (ids.length === 0) return []
  return (await db.selectFrom('session').select(columns).where('id', 'in', ids).execute()).map(toSession)
}

function toSession(row: Pick<Selectable<SessionTable>, (typeof columns)[number]>): Session {
  return {
    id: row.id,
    userId: row.user_id,
    openedAt: row.opened_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    accessExpiresAt: row.access_expires_at,
    currentTokenId: row.current_token_id,
    currentTokenHash: row.current_token_hash,
    parentTokenId: row.parent_token_id,
    rotatedAt: row.rotated_at,
    successorSealed: row.successor_sealed,
    endedAt: row.ended_at,
    ...toAssurance(row),
    statusIndex: row.status_index,
    claimsVersion: row.claims_version,
  }
}

function toProofColumns({ amr, acr, authenticatedAt }: Assurance) {
  return { amr: amr.join(' '), acr, authenticated_at: authenticatedAt }
}

type ProofColumns = Pick<Selectable<SessionTable>, 'amr' | 'acr' | 'authenticated_at' | 'opened_at'>

// Rows of earlier releases have none: nobody knows how they were proven, only that it was before they were opened.
function toAssurance({ amr, acr, authenticated_at, opened_at }: ProofColumns): Assurance {
  return {
    amr: amr ? (amr.split(' ') as AuthMethod[]) : [],
    acr: (acr ?? 'aal1') as AuthClass,
    authenticatedAt: authenticated_at ?? opened_at,
  }
}

/** A session whose row stays locked until the transaction ends. */
export async function holdSession(tx: Db, id: string): Promise<Session | undefined> {
  const query = tx.selectFrom('session').select(columns).where('id', '=', id)
  // SQLite has no row locks: our transactions there hold the whole database.
  const canLock = !(tx.getExecutor().adapter instanceof SqliteAdapter)
  const row = await (canLock ? query.forUpdate() : query).executeTakeFirst()
  return row && toSession(row)
}

/** Counts the claims of all open sessions of these users on. */
export async function countClaimsOn(tx: Db, userIds: readonly number[]): Promise<void> {
  await tx
    .updateTable('session')
    .set((eb) => ({ claims_version: eb('claims_version', '+', 1) }))
    .where('user_id', 'in', userIds)
    .where('ended_at', 'is', null)
    .execute()
}

/** Writes what a held session stands on: another version of its claims. */
export async function replaceAssurance(tx: Db, id: string, assurance: Assurance): Promise<void> {
  await tx
    .updateTable('session')
    .set((eb) => ({ ...toProofColumns(assurance), claims_version: eb('claims_version', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/**
 * Ends one session that has not ended; undefined for whoever did not end it. Until when its access tokens live is read after
 * the update, which no rotation can follow any more: one that was just before it gave out a later token.
 */
export async function endSession(
  tx: Db,
  id: string,
  reason: EndReason,
  now: number,
): Promise<(EndedSession & { userId: number }) | undefined> {
  const result = await tx
    .updateTable('session')
    .set({ ended_at: now, end_reason: reason, successor_sealed: null })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) return undefined
  const row = await tx
    .selectFrom('session')
    .select(['access_expires_at', 'user_id', 'status_index'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return { sessionId: id, expiresAt: row.access_expires_at, statusIndex: row.status_index, userId: row.user_id }
}

/** Ends a session that was not rotated since this refresh token of it was current, nor ended. True when it was this call. */
export async function endUnrotatedSession(
  tx: Db,
  { id, currentTokenId }: Pick<Session, 'id' | 'currentTokenId'>,
  reason: EndReason,
  endedAt: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('session')
    .set({ ended_at: endedAt, end_reason: reason, successor_sealed: null })
    .where('id', '=', id)
    .where('current_token_id', '=', currentTokenId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The ids of the sessions of a user that have not ended. No new one comes while the transaction holds the user's row. */
export async function listOpenSessions(tx: Db, userId: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('session')
    .select('id')
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** The sessions of a user that have neither ended nor expired, the one used last first. */
export async function listLiveSessions(db: Db, userId: number, now: number): Promise<(Session & Origin)[]> {
  const rows = await db
    .selectFrom('session')
    .select([...columns, 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('last_used_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...toSession(row), address: row.address, userAgent: row.user_agent }))
}

/** All sessions of a user that are kept, ended ones too, by their ids from the first one after `after` on. */
export async function listKeptSessions(
  db: Db,
  userId: number,
  { after, most }: { after: string; most: number },
): Promise<KeptSession[]> {
  const rows = await db
    .selectFrom('session')
    .select([...columns, 'address', 'user_agent', 'end_reason'])
    .where('user_id', '=', userId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(most)
    .execute()
  return rows.map((row) => {
    const { id, openedAt, lastUsedAt, expiresAt, endedAt, amr, acr, authenticatedAt } = toSession(row)
    const { end_reason: endReason, address, user_agent: userAgent } = row
    return { id, openedAt, lastUsedAt, expiresAt, endedAt, endReason, amr, acr, authenticatedAt, address, userAgent }
  })
}

export async function deleteSessionsOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('session').where('user_id', '=', userId).execute()
}

/** A row that there never was before: the database counts, and never twice to the same one. @returns its id */
export async function insertStatusRow(tx: Db, now: number): Promise<number> {
  if (!tx.getExecutor().adapter.supportsReturning) return Number((await insertIndex(tx, { now })).insertId) // MySQL 8.4
  const { rows } = await insertIndexReturning(tx, { now })
  return (rows[0] as { id: number }).id
}

const insertIndex = prepared((db, { now }: { now: number }) =>
  db.insertInto('status_index').values({ allotted_at: now }),
)

const insertIndexReturning = prepared((db, { now }: { now: number }) =>
  db.insertInto('status_index').values({ allotted_at: now }).returning('id'),
)

export async function findLastStatusRow(db: Db): Promise<number | undefined> {
  const last = db.selectFrom('status_index').select('id').orderBy('id', 'desc').limit(1)
  return (await last.executeTakeFirst())?.id
}
