/** What is removed of the tables `session`, `revocation` and `status_index` once it has expired. */
import type { Database, Db } from '../../platform/db.ts'
import { findLastStatusRow } from './store.ts'

const SESSIONS_AT_ONCE = 1000 // a millisecond or two: whoever refreshes meanwhile waits for no more

/**
 * Removes what expired before a time. Sessions are looked through by their ids, some at a time: an index of when they expire
 * would be written by each refresh, which moves that time on, and this is needed once an hour.
 *
 * @returns how many rows
 */
export async function purgeExpired(
  { db, statement }: Pick<Database, 'db' | 'statement'>,
  before: number,
  sessionsAtOnce = SESSIONS_AT_ONCE,
): Promise<number> {
  let removed = await statement((one) => deleteExpiredRevocations(one, before))
  for (let after: string | undefined = ''; after !== undefined; ) {
    const stretch = await findStretch(db, after, sessionsAtOnce)
    const expired = await listExpired(db, stretch, before)
    if (expired.length > 0) removed += await statement((one) => deleteExpiredSessions(one, expired, before))
    after = stretch.upTo
  }
  await statement(deleteStatusRows)
  return removed
}

/** Sessions by their ids: those above `after`, up to `upTo`, which is one of them. Undefined: to the end. */
type Stretch = { after: string; upTo: string | undefined }

async function findStretch(db: Db, after: string, rows: number): Promise<Stretch> {
  const query = db.selectFrom('session').select('id').where('id', '>', after).orderBy('id')
  const last = await query
    .limit(1)
    .offset(rows - 1)
    .executeTakeFirst()
  return { after, upTo: last?.id }
}

async function listExpired(db: Db, { after, upTo }: Stretch, before: number): Promise<string[]> {
  const all = db.selectFrom('session').select('id').where('id', '>', after)
  const stretch = upTo === undefined ? all : all.where('id', '<=', upTo)
  return (await stretch.where('expires_at', '<', before).execute()).map(({ id }) => id)
}

/** By id, so that no row is locked that stays. */
export async function deleteExpiredSessions(db: Db, ids: readonly string[], before: number): Promise<number> {
  const query = db.deleteFrom('session').where('id', 'in', ids).where('expires_at', '<', before)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

async function deleteExpiredRevocations(db: Db, before: number): Promise<number> {
  const result = await db.deleteFrom('revocation').where('expires_at', '<', before).executeTakeFirst()
  return Number(result.numDeletedRows)
}

/** The last one stays: it says how many lists there are. */
async function deleteStatusRows(db: Db): Promise<void> {
  const last = await findLastStatusRow(db)
  if (last !== undefined) await db.deleteFrom('status_index').where('id', '<', last).execute()
}
