/** All SQL of the tables `role` and `user_role`. */
import { SqliteAdapter } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { prepared } from '../../platform/prepared.ts'
import type { Role } from './role.ts'

/** That a user has a role: its name, and since when (milliseconds since the epoch). */
export type Grant = { role: string; grantedAt: number }

/** The roles that were defined here, by name. */
export async function listOwnRoles(db: Db): Promise<Role[]> {
  const rows = await db.selectFrom('role').select(['name', 'permissions']).orderBy('name').execute()
  return rows.map(toRole)
}

function toRole({ name, permissions }: { name: string; permissions: string }): Role {
  return { name, permissions: permissions === '' ? [] : permissions.split(' '), isBuiltIn: false }
}

/** A role that was defined here, its row locked until the transaction ends. */
export async function holdRole(tx: Db, name: string): Promise<Role | undefined> {
  const query = tx.selectFrom('role').select(['name', 'permissions']).where('name', '=', name)
  // SQLite has no row locks: our transactions there hold the whole database.
  const canLock = !(tx.getExecutor().adapter instanceof SqliteAdapter)
  const row = await (canLock ? query.forUpdate() : query).executeTakeFirst()
  return row && toRole(row)
}

/** @throws UniqueViolation when there is a role of this name */
export async function insertRole(tx: Db, { name, permissions }: Role, now: number): Promise<void> {
  const row = { name, permissions: permissions.join(' '), created_at: now, changed_at: now }
  await tx.insertInto('role').values(row).execute()
}

export async function updateRole(tx: Db, { name, permissions }: Role, now: number): Promise<boolean> {
  const change = { permissions: permissions.join(' '), changed_at: now }
  const result = await tx.updateTable('role').set(change).where('name', '=', name).executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Removes the role from everybody, and then itself. */
export async function deleteRole(tx: Db, name: string): Promise<boolean> {
  await deleteGrants(tx, name)
  const result = await tx.deleteFrom('role').where('name', '=', name).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Takes a role from everybody. */
export async function deleteGrants(tx: Db, role: string): Promise<void> {
  await tx.deleteFrom('user_role').where('role', '=', role).execute()
}

const selectRoles = prepared((db, { userId }: { userId: number }) =>
  db.selectFrom('user_role').select('role').where('user_id', '=', userId).orderBy('role'),
)

/** Names of the roles of a user, in their order. */
export async function listRolesOf(db: Db, userId: number): Promise<string[]> {
  const { rows } = await selectRoles(db, { userId })
  return rows.map(({ role }) => role)
}

/** The roles of a user, and since when, in the order of their names. */
export async function listGrantsOf(db: Db, userId: number): Promise<Grant[]> {
  const query = db.selectFrom('user_role').select(['role', 'granted_at']).where('user_id', '=', userId)
  return (await query.orderBy('role').execute()).map((row) => ({ role: row.role, grantedAt: row.granted_at }))
}

/** Names of the roles that any of these users, a few hundred at most, has. */
export async function listRolesOfAny(db: Db, userIds: readonly number[]): Promise<string[]> {
  const rows = await db.selectFrom('user_role').select('role').distinct().where('user_id', 'in', userIds).execute()
  return rows.map(({ role }) => role)
}

/** The users who have a role. */
export async function listHolders(db: Db, role: string): Promise<number[]> {
  const rows = await db.selectFrom('user_role').select('user_id').where('role', '=', role).orderBy('user_id').execute()
  return rows.map(({ user_id }) => user_id)
}

/** True when the user did not have it yet. */
export async function insertGrant(
  tx: Db,
  grant: { userId: number; role: string; grantedBy: number | null },
  now: number,
): Promise<boolean> {
  const held = await listRolesOf(tx, grant.userId)
  if (held.includes(grant.role)) return false
  await tx
    .insertInto('user_role')
    .values({ user_id: grant.userId, role: grant.role, granted_at: now, granted_by: grant.grantedBy })
    .execute()
  return true
}

/** True when the user had it. */
export async function deleteGrant(tx: Db, userId: number, role: string): Promise<boolean> {
  const deletion = tx.deleteFrom('user_role').where('user_id', '=', userId).where('role', '=', role)
  return (await deletion.executeTakeFirst()).numDeletedRows === 1n
}

export async function deleteGrantsOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('user_role').where('user_id', '=', userId).execute()
}
