/** All SQL of the table `account_deletion`. */
import type { Db } from '../../platform/db.ts'
import type { Deletion } from './deletion.ts'

/** In a transaction that holds the user's row: there is one request at a time. */
export async function insertDeletion(tx: Db, userId: number, { requestedAt, dueAt }: Deletion): Promise<void> {
  const row = { user_id: userId, requested_at: requestedAt, due_at: dueAt }
  await tx.insertInto('account_deletion').values(row).execute()
}

export async function findDeletion(db: Db, userId: number): Promise<Deletion | undefined> {
  const query = db.selectFrom('account_deletion').select(['requested_at', 'due_at']).where('user_id', '=', userId)
  const row = await query.executeTakeFirst()
  return row && { requestedAt: row.requested_at, dueAt: row.due_at }
}

/** Takes it back: true for the one who did, and only while it waits. `requestedAt`: only this very request. */
export async function removeDeletion(tx: Db, userId: number, requestedAt?: number): Promise<boolean> {
  const all = tx.deleteFrom('account_deletion').where('user_id', '=', userId)
  const wanted = requestedAt === undefined ? all : all.where('requested_at', '=', requestedAt)
  return (await wanted.executeTakeFirst()).numDeletedRows === 1n
}

/** Takes one that is due: true for the one process that got it. */
export async function claimDueDeletion(tx: Db, userId: number, now: number): Promise<boolean> {
  const due = tx.deleteFrom('account_deletion').where('user_id', '=', userId).where('due_at', '<=', now)
  return (await due.executeTakeFirst()).numDeletedRows === 1n
}

/** Whose are due, those that wait longest first. */
export async function listDueDeletions(db: Db, now: number, most: number): Promise<number[]> {
  return (await queryDueDeletions(db, now, most).execute()).map(({ user_id }) => user_id)
}

/** Its own, so that a test can ask how it is run. */
export function queryDueDeletions(db: Db, now: number, most: number) {
  return db.selectFrom('account_deletion').select('user_id').where('due_at', '<=', now).orderBy('due_at').limit(most)
}
