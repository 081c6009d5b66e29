/** All SQL of the table `password`. */
import { type RawBuilder, sql } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import { prepared } from '../../platform/prepared.ts'
import type { PasswordTable } from '../../platform/tables.ts'
import { OWN_HASH_PREFIX, type PreparedPassword } from './own-hash.ts'

const ROWS_PER_STATEMENT = 500 // four parameters a row, far below every database's limit; packets of about 100 KB
const OWN_HASHES = `${OWN_HASH_PREFIX}%`

const selectHash = prepared((db, { userId }: { userId: number }) =>
  db.selectFrom('password').select('hash').where('user_id', '=', userId),
)

export async function findHash(db: Db, userId: number): Promise<string | undefined> {
  return (await selectHash(db, { userId })).rows[0]?.hash
}

/** The stored hashes of these users. */
export async function listHashes(db: Db, userIds: readonly number[]): Promise<Map<number, string>> {
  if (userIds.length === 0) return new Map()
  const rows = await db.selectFrom('password').select(['user_id', 'hash']).where('user_id', 'in', userIds).execute()
  return new Map(rows.map((row) => [row.user_id, row.hash]))
}

export async function insertHash(
  db: Db,
  userId: number,
  { hash, scheme }: PreparedPassword,
  now: number,
): Promise<void> {
  await db.insertInto('password').values({ user_id: userId, hash, scheme, changed_at: now }).execute()
}

/** Rewrites a hash of the same password, unless somebody was first. */
export async function replaceHash(db: Db, userId: number, oldHash: string, successor: PreparedPassword): Promise<void> {
  const { hash, scheme } = successor
  await db
    .updateTable('password')
    .set({ hash, scheme })
    .where('user_id', '=', userId)
    .where('hash', '=', oldHash)
    .execute()
}

/** Puts a new password in the place of the one whose hash is still there. False: somebody was first. */
export async function changeHash(
  tx: Db,
  userId: number,
  oldHash: string,
  { hash, scheme }: PreparedPassword,
  now: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('password')
    .set({ hash, scheme, changed_at: laterThanBefore(now) })
    .where('user_id', '=', userId)
    .where('hash', '=', oldHash)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Gives the user this password, whether or not there was another one. */
export async function putHash(
  tx: Db,
  kind: Database['kind'],
  userId: number,
  { hash, scheme }: PreparedPassword,
  now: number,
): Promise<void> {
  const insert = tx.insertInto('password').values({ user_id: userId, hash, scheme, changed_at: now })
  const successor = { hash, scheme, changed_at: laterThanBefore(now) }
  await (kind === 'mysql'
    ? insert.onDuplicateKeyUpdate(successor)
    : insert.onConflict((conflict) => conflict.column('user_id').doUpdateSet(successor))
  ).execute()
}

// What hangs on the time of a change must see every change, also the second one of a millisecond.
function laterThanBefore(now: number): RawBuilder<number> {
  const before = sql.ref('password.changed_at')
  return sql`case when ${before} >= ${now} then ${before} + 1 else ${now} end`
}

/** When the password was set or changed by its user; a rewritten hash of the same password is no change. */
export async function findChangedAt(db: Db, userId: number): Promise<number | undefined> {
  const row = await db.selectFrom('password').select('changed_at').where('user_id', '=', userId).executeTakeFirst()
  return row?.changed_at
}

/** @returns whether there was one */
export async function deleteHash(tx: Db, userId: number): Promise<boolean> {
  const result = await tx.deleteFrom('password').where('user_id', '=', userId).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** How many users have each scheme. */
export async function countSchemes(db: Db): Promise<{ scheme: string; users: number }[]> {
  const rows = await db
    .selectFrom('password')
    .select(['scheme', (eb) => eb.fn.countAll().as('users')])
    .groupBy('scheme')
    .execute()
  return rows.map(({ scheme, users }) => ({ scheme, users: Number(users) }))
}

/** Inserts hashes; where a user has one already, it gives way only if it differs and is not one of ours. */
export async function mergeHashes(db: Db, kind: Database['kind'], rows: readonly PasswordTable[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await mergeBatch(db, kind, rows.slice(start, start + ROWS_PER_STATEMENT))
  }
}

async function mergeBatch(db: Db, kind: Database['kind'], rows: readonly PasswordTable[]): Promise<void> {
  const insert = db.insertInto('password').values(rows)
  if (kind === 'mysql') {
    await insert.onDuplicateKeyUpdate(mysqlUpdates()).execute()
    return
  }
  await insert
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((eb) => ({
          hash: eb.ref('excluded.hash'),
          scheme: eb.ref('excluded.scheme'),
          changed_at: eb.ref('excluded.changed_at'),
        }))
        .where('password.hash', 'not like', OWN_HASHES)
        .whereRef('password.hash', '!=', 'excluded.hash'),
    )
    .execute()
}

// MySQL has no condition on the whole update, and assigns from left to right, later ones seeing what earlier ones did:
// `hash`, which the condition reads, comes last. MariaDB 10.11 knows only `values()` for the new row.
function mysqlUpdates() {
  const hash = sql.ref('password.hash')
  const givesWay = sql`${hash} not like ${OWN_HASHES} and ${hash} <> values(${sql.ref('hash')})`
  const updated = <T>(column: keyof PasswordTable): RawBuilder<T> =>
    sql`if(${givesWay}, values(${sql.ref(column)}), ${sql.ref(`password.${column}`)})`
  return { scheme: updated<string>('scheme'), changed_at: updated<number>('changed_at'), hash: updated<string>('hash') }
}
