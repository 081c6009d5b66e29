import { PostgresAdapter, type Selectable, SqliteAdapter, sql, type Updateable } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { prepared } from '../../platform/prepared.ts'
import { randomId } from '../../platform/random.ts'
import type { UserTable } from '../../platform/tables.ts'
import { emailKey } from './email-address.ts'
import type { ImportedUser, NewImportedUser, NewUser, User, UserChange } from './user.ts'

const columns = [
  'id',
  'email',
  'first_name',
  'last_name',
  'created_at',
  'last_login_at',
  'disabled_at',
  'sessions_ended_at',
  'awaits_proof_since',
  'second_factor_since',
  'email_verified_at',
  'locale',
] as const

type UserRow = Pick<Selectable<UserTable>, (typeof columns)[number]>

/** @throws UniqueViolation when the address is taken */
export async function insertUser(tx: Db, user: NewUser, now: number): Promise<User> {
  const { email, firstName, lastName, locale = null, awaitsProof = false } = user
  const insert = tx.insertInto('user').values({
    email,
    email_key: emailKey(email),
    first_name: firstName,
    last_name: lastName,
    created_at: now,
    last_login_at: null,
    disabled_at: null,
    sessions_ended_at: null,
    second_factor_since: null,
    awaits_proof_since: awaitsProof ? now : null,
    email_verified_at: null,
    locale,
  })
  const id = tx.getExecutor().adapter.supportsReturning
    ? (await insert.returning('id').executeTakeFirstOrThrow()).id
    : Number((await insert.executeTakeFirstOrThrow()).insertId) // MySQL 8.4 has no RETURNING
  return {
    id,
    email,
    firstName,
    lastName,
    isEnabled: true,
    createdAt: now,
    lastLoginAt: null,
    sessionsEndedAt: null,
    emailVerifiedAt: null,
    locale,
    awaitsProof,
    hasSecondFactor: false,
  }
}

const selectUser = {
  id: prepared((db, { value }: { value: number | string }) =>
    db
      .selectFrom('user')
      .select(columns)
      .where('id', '=', value as number),
  ),
  email_key: prepared((db, { value }: { value: number | string }) =>
    db
      .selectFrom('user')
      .select(columns)
      .where('email_key', '=', value as string),
  ),
}

export async function findUser(db: Db, by: 'id' | 'email_key', value: number | string): Promise<User | undefined> {
  const { rows } = await selectUser[by](db, { value })
  return rows[0] && toUser(rows[0])
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    isEnabled: row.disabled_at === null,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at,
    sessionsEndedAt: row.sessions_ended_at,
    emailVerifiedAt: row.email_verified_at,
    locale: row.locale,
    awaitsProof: row.awaits_proof_since !== null,
    hasSecondFactor: row.second_factor_since !== null,
  }
}

/** All that there are of these; within a transaction their rows stay locked until it ends. */
export async function listUsers(
  db: Db,
  by: 'id' | 'email_key',
  values: readonly number[] | readonly string[],
): Promise<User[]> {
  if (values.length === 0) return []
  const query = db.selectFrom('user').select(columns).where(by, 'in', values)
  // SQLite has no row locks: our transactions there hold the whole database.
  const canLock = db.isTransaction && !(db.getExecutor().adapter instanceof SqliteAdapter)
  return (await (canLock ? query.forUpdate() : query).execute()).map(toUser)
}

/** Users whose address begins so, from the lowest id above `after` on. */
export async function searchUsers(
  db: Db,
  { emailPrefix, after, most }: { emailPrefix: string; after: number; most: number },
): Promise<User[]> {
  const page = db.selectFrom('user').select(columns).where('id', '>', after).orderBy('id').limit(most)
  if (emailPrefix === '') return (await page.execute()).map(toUser)
  const pattern = `${emailKey(emailPrefix).replace(/[!%_]/g, '!$&')}%`
  return (await page.where(sql<boolean>`email_key like ${pattern} escape '!'`).execute()).map(toUser)
}

/** Inserts users, all of them with their ids or all without. @throws UniqueViolation when an id or an address is taken */
export async function insertUsers(
  tx: Db,
  users: readonly (ImportedUser | NewImportedUser)[],
  now: number,
): Promise<void> {
  const rows = users.map((user) => ({
    ...('id' in user && { id: user.id }),
    email: user.email,
    email_key: emailKey(user.email),
    first_name: user.firstName,
    last_name: user.lastName,
    created_at: now,
    last_login_at: user.lastLoginAt,
    disabled_at: user.isEnabled ? null : now,
    sessions_ended_at: user.isEnabled ? null : now,
    email_verified_at: user.isEmailVerified ? now : null, // when it was is not known
    locale: null,
    second_factor_since: null,
    awaits_proof_since: null,
  }))
  await tx.insertInto('user').values(rows).execute()
}

/** The change leaves the address the same one: it may only be spelled in another case. */
export async function updateUser(tx: Db, id: number, change: UserChange): Promise<void> {
  const { email, firstName, lastName, lastLoginAt } = change
  await tx
    .updateTable('user')
    .set({
      ...(email !== undefined && { email }),
      ...(firstName !== undefined && { first_name: firstName }),
      ...(lastName !== undefined && { last_name: lastName }),
      ...(lastLoginAt !== undefined && { last_login_at: lastLoginAt }),
    })
    .where('id', '=', id)
    .execute()
}

/** Makes the database count on above `highest`, wherever it stands: no new user is given an id up to that one. */
export async function reserveIds(tx: Db, highest: number): Promise<void> {
  if (tx.getExecutor().adapter instanceof PostgresAdapter) return raiseSequence(tx, highest)
  if ((await listUsers(tx, 'id', [highest])).length > 0) return
  // MySQL, MariaDB and SQLite count on from the highest id that ever was in the table.
  const nobody = { email: '', firstName: '', lastName: '', isEnabled: false, lastLoginAt: null, isEmailVerified: false }
  await insertUsers(tx, [{ ...nobody, id: highest }], 0)
  await deleteUser(tx, highest)
}

/** An id counts as given once a row has had it, on each of the databases. */
export async function skipId(tx: Db, now: number): Promise<void> {
  const nobody = { email: randomId(), firstName: '', lastName: '' } // no address: nobody has it
  const { id } = await insertUser(tx, nobody, now)
  await deleteUser(tx, id)
}

async function raiseSequence(tx: Db, highest: number): Promise<void> {
  await sql`lock table "user" in share row exclusive mode`.execute(tx) // so that no insert counts meanwhile
  const sequence = sql`pg_get_serial_sequence('"user"', 'id')`
  await sql`select setval(${sequence}, greatest(nextval(${sequence}), ${highest}))`.execute(tx)
}

/** Notes that the user reads mails to this address. True for the first proof of it; later ones change nothing. */
export async function verifyEmail(tx: Db, id: number, email: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('user')
    .set({ email_verified_at: now, awaits_proof_since: null })
    .where('id', '=', id)
    .where('email_key', '=', emailKey(email))
    .where('email_verified_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/**
 * Gives a user another address, of which it is known whether it is proved. False: the user has another one than `from`.
 *
 * @throws UniqueViolation when the address is taken
 */
export async function moveEmail(
  tx: Db,
  id: number,
  { from, to, verifiedAt }: { from: string; to: string; verifiedAt: number | null },
): Promise<boolean> {
  const result = await tx
    .updateTable('user')
    .set({ email: to, email_key: emailKey(to), email_verified_at: verifiedAt, awaits_proof_since: null })
    .where('id', '=', id)
    .where('email_key', '=', emailKey(from))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function updateLocale(tx: Db, id: number, locale: string | null): Promise<void> {
  await tx.updateTable('user').set({ locale }).where('id', '=', id).execute()
}

/** Changes a user who is enabled, and locks the row. False: there is no such user, or a disabled one. */
export async function updateEnabled(tx: Db, id: number, change: Updateable<UserTable>): Promise<boolean> {
  const update = tx.updateTable('user').set(change).where('id', '=', id).where('disabled_at', 'is', null)
  return (await update.executeTakeFirst()).numUpdatedRows === 1n
}

const updateLogin = prepared((db, login: Login) => updateAble(db, login))

const updateLoginByOneFactor = prepared((db, login: Login) =>
  updateAble(db, login).where('second_factor_since', 'is', null),
)

type Login = { id: number; now: number }

function updateAble(db: Db, { id, now }: Login) {
  return db
    .updateTable('user')
    .set({ last_login_at: now })
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .where('awaits_proof_since', 'is', null)
}

/**
 * Notes the sign-in of a user who may sign in, and locks the row. False: there is no such user, or a disabled one, or one who must
 * prove the address first, or, where that is asked for, one who needs a second factor.
 */
export async function noteLogin(
  tx: Db,
  id: number,
  now: number,
  { unlessSecondFactor = false } = {},
): Promise<boolean> {
  const update = unlessSecondFactor ? updateLoginByOneFactor : updateLogin
  return (await update(tx, { id, now })).numAffectedRows === 1n
}

/** Keeps the older time where a second factor is needed already. */
export async function noteSecondFactor(tx: Db, id: number, since: number | null): Promise<void> {
  const update = tx.updateTable('user').set({ second_factor_since: since }).where('id', '=', id)
  await (since === null ? update : update.where('second_factor_since', 'is', null)).execute()
}

/**
 * Locks the row of an enabled user whose sessions were not all ended after `time`, until the transaction ends; where that is asked
 * for, of one who needs no second factor.
 */
export async function holdEnabled(
  tx: Db,
  id: number,
  time: number,
  { unlessSecondFactor = false } = {},
): Promise<boolean> {
  const update = tx
    .updateTable('user')
    .set({ disabled_at: null })
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .where((eb) => eb.or([eb('sessions_ended_at', 'is', null), eb('sessions_ended_at', '<=', time)]))
  const narrowed = unlessSecondFactor ? update.where('second_factor_since', 'is', null) : update
  return (await narrowed.executeTakeFirst()).numUpdatedRows === 1n
}

export async function enableUser(tx: Db, id: number): Promise<boolean> {
  const result = await tx
    .updateTable('user')
    .set({ disabled_at: null })
    .where('id', '=', id)
    .where('disabled_at', 'is not', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function deleteUser(tx: Db, id: number): Promise<boolean> {
  const result = await tx.deleteFrom('user').where('id', '=', id).executeTakeFirst()
  return result.numDeletedRows === 1n
}
