/** How many sessions end together, and the table `revocation`, which tells everybody who verifies. */
import type { Db } from '../../platform/db.ts'
import type { EndedSession } from './session.ts'
import type { EndReason } from './what-ends.ts'

const ENDED_A_STATEMENT = 500

/**
 * Ends those of these sessions of one user that have not ended. The transaction holds the user's row, so that nobody else ends
 * one for the same reason at the same time.
 */
export async function endSessions(
  tx: Db,
  ids: readonly string[],
  reason: EndReason,
  now: number,
): Promise<EndedSession[]> {
  const ended: EndedSession[] = []
  for (let from = 0; from < ids.length; from += ENDED_A_STATEMENT) {
    ended.push(...(await endSome(tx, ids.slice(from, from + ENDED_A_STATEMENT), reason, now)))
  }
  return ended
}

async function endSome(tx: Db, ids: readonly string[], reason: EndReason, now: number): Promise<EndedSession[]> {
  await tx
    .updateTable('session')
    .set({ ended_at: now, end_reason: reason, successor_sealed: null })
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .execute()
  const rows = await tx
    .selectFrom('session')
    .select(['id', 'access_expires_at', 'status_index'])
    .where('id', 'in', ids)
    .where('ended_at', '=', now)
    .where('end_reason', '=', reason)
    .execute()
  return rows.map((row) => ({ sessionId: row.id, expiresAt: row.access_expires_at, statusIndex: row.status_index }))
}

const USED_A_STATEMENT = 5_000 // there may be a hundred thousand, and a statement has ten seconds

/** Ends every session that was given a token at or after `since`. @returns how many */
export async function endSessionsUsedSince(tx: Db, since: number, reason: EndReason, now: number): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const last = await findLastUsedSince(tx, since, after)
    if (last === undefined) return count
    const result = await tx
      .updateTable('session')
      .set({ ended_at: now, end_reason: reason, successor_sealed: null })
      .where('id', '>', after)
      .where('id', '<=', last)
      .where('ended_at', 'is', null)
      .where('last_used_at', '>=', since)
      .executeTakeFirst()
    count += Number(result.numUpdatedRows)
    after = last
  }
}

/** Up to which id the next ones reach. */
async function findLastUsedSince(tx: Db, since: number, after: string): Promise<string | undefined> {
  const rows = await tx
    .selectFrom('session')
    .select('id')
    .where('id', '>', after)
    .where('ended_at', 'is', null)
    .where('last_used_at', '>=', since)
    .orderBy('id')
    .limit(USED_A_STATEMENT)
    .execute()
  return rows.at(-1)?.id
}

const REVOKED_A_STATEMENT = 5_000 // of four values each: SQLite takes 32,766

export async function insertRevocations(tx: Db, ended: readonly EndedSession[], now: number): Promise<void> {
  for (let from = 0; from < ended.length; from += REVOKED_A_STATEMENT) {
    const rows = ended.slice(from, from + REVOKED_A_STATEMENT).map(({ sessionId, expiresAt, statusIndex }) => {
      return { session_id: sessionId, ended_at: now, expires_at: expiresAt, status_index: statusIndex }
    })
    await tx.insertInto('revocation').values(rows).execute()
  }
}

/**
 * The same for whatever ended at `now` for a reason, as far as its access tokens expire after `expiredAt`: in one statement, however
 * many they are.
 * One that ended for it in the same millisecond elsewhere is told twice, which does no harm.
 */
export async function insertRevocationsFor(tx: Db, reason: EndReason, now: number, expiredAt: number): Promise<void> {
  await tx
    .insertInto('revocation')
    .columns(['session_id', 'ended_at', 'expires_at', 'status_index'])
    .expression((eb) =>
      eb
        .selectFrom('session')
        .select(['id', 'ended_at', 'access_expires_at', 'status_index'])
        .where('ended_at', '=', now)
        .where('end_reason', '=', reason)
        .where('access_expires_at', '>', expiredAt)
        .$narrowType<{ ended_at: number }>(),
    )
    .execute()
}

export type RevocationRow = EndedSession & { id: number; endedAt: number }

/** Revocations above a cursor that expire after a time, oldest first. */
export async function listRevocations(
  db: Db,
  above: number,
  expiredAt: number,
  most: number,
): Promise<RevocationRow[]> {
  const rows = await db
    .selectFrom('revocation')
    .select(['id', 'session_id', 'ended_at', 'expires_at', 'status_index'])
    .where('id', '>', above)
    .where('expires_at', '>', expiredAt)
    .orderBy('id')
    .limit(most)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    sessionId: row.session_id,
    endedAt: row.ended_at,
    expiresAt: row.expires_at,
    statusIndex: row.status_index,
  }))
}
