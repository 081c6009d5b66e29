import type { Db } from '../../platform/db.ts'
import { emailKey } from './email-address.ts'
import { insertUsers, listUsers } from './store.ts'
import type { ImportedUser, NewImportedUser, User } from './user.ts'

const ROWS_PER_STATEMENT = 500 // eight parameters a row: far below SQLite's 32,766 and the servers' 65,535

/**
 * Inserts users with the states that they had elsewhere, and with the ids where there are any. When they began is not known: it
 * is now.
 *
 * @returns the ids that were given to the others, by the key of their address
 * @throws UniqueViolation when an id or an address is taken
 */
export async function importUsers(
  tx: Db,
  users: readonly (ImportedUser | NewImportedUser)[],
  now: number,
): Promise<Map<string, number>> {
  await insertAll(
    tx,
    users.filter((user) => 'id' in user),
    now,
  )
  const others = users.filter((user) => !('id' in user))
  await insertAll(tx, others, now)
  // Asked for afterwards: MySQL says the first of several new ids, and a cluster leaves gaps between them.
  const given = await listUsers(
    tx,
    'email_key',
    others.map(({ email }) => emailKey(email)),
  )
  return new Map(given.map(({ id, email }) => [emailKey(email), id]))
}

async function insertAll(tx: Db, users: readonly (ImportedUser | NewImportedUser)[], now: number): Promise<void> {
  for (let start = 0; start < users.length; start += ROWS_PER_STATEMENT) {
    await insertUsers(tx, users.slice(start, start + ROWS_PER_STATEMENT), now)
  }
}

/** Everybody here with one of these ids or addresses; within a transaction their rows stay locked until it ends. */
export async function listHeld(tx: Db, ids: readonly number[], emails: readonly string[] = []): Promise<User[]> {
  const byId = await listUsers(tx, 'id', ids)
  const byAddress = await listUsers(tx, 'email_key', [...new Set(emails.map(emailKey))])
  return [...new Map([...byId, ...byAddress].map((user) => [user.id, user])).values()]
}
