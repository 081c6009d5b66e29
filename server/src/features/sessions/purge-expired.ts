import type { Database } from '../../platform/db.ts'
import {
  deleteExpiredRevocations,
  deleteExpiredSessions,
  deleteStatusRows,
  findStretch,
  listExpired,
} from './purge-store.ts'

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
