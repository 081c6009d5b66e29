/** All SQL of the table `sign_in_attempt`. */
import type { Db } from '../../platform/db.ts'

export type Attempt = {
  /** Hash of its token. */
  id: string
  userId: number
  /** What has been proven, separated by spaces. */
  amr: string
  begunAt: number
  expiresAt: number
}

export async function insertAttempt(tx: Db, attempt: Attempt): Promise<void> {
  await tx
    .insertInto('sign_in_attempt')
    .values({
      id: attempt.id,
      user_id: attempt.userId,
      amr: attempt.amr,
      begun_at: attempt.begunAt,
      expires_at: attempt.expiresAt,
      tries: 0,
      spent_at: null,
    })
    .execute()
}

/** An attempt that can still be finished. */
export async function findOpenAttempt(db: Db, id: string, now: number): Promise<Attempt | undefined> {
  const row = await db
    .selectFrom('sign_in_attempt')
    .select(['id', 'user_id', 'amr', 'begun_at', 'expires_at'])
    .where('id', '=', id)
    .where('spent_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && { id, userId: row.user_id, amr: row.amr, begunAt: row.begun_at, expiresAt: row.expires_at }
}

/** Counts a try before it is judged, so that no number of them at once are more than `most`. False: none is left. */
export async function countTry(db: Db, id: string, most: number, now: number): Promise<boolean> {
  const result = await db
    .updateTable('sign_in_attempt')
    .set((eb) => ({ tries: eb('tries', '+', 1) }))
    .where('id', '=', id)
    .where('tries', '<', most)
    .where('spent_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Spends it: true for the one that did. */
export async function spendAttempt(tx: Db, id: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('sign_in_attempt')
    .set({ spent_at: now })
    .where('id', '=', id)
    .where('spent_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function deleteAttemptsOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('sign_in_attempt').where('user_id', '=', userId).execute()
}

/** @returns how many rows */
export async function deleteExpiredAttempts(db: Db, before: number): Promise<bigint> {
  const result = await db.deleteFrom('sign_in_attempt').where('expires_at', '<', before).executeTakeFirst()
  return result.numDeletedRows
}
