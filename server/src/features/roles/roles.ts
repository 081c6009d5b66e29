/**
 * Roles: what a person may do. Permissions are words, roles are lists of them; who gives a role must hold all that is in it,
 * or everything where nothing is, so nobody reaches above their own.
 */
import type { Clock } from '../../platform/clock.ts'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database, Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import { builtInRoles, covers, isPermission, isRoleName, neededFor, type Role } from './role.ts'
import type { Grant } from './store.ts'
import * as store from './store.ts'

export { type AdminPermission, adminPermissions, covers, EVERYTHING, type Role } from './role.ts'
export type { Grant } from './store.ts'

/** What a user has been given: names of roles, and all that is in them. */
export type Held = { roles: readonly string[]; permissions: readonly string[] }

/** What became of a role that was defined: who has it, and what is in it no more. */
export type Defined = { holders: readonly number[]; taken: readonly string[] }

/** Who gives, takes or defines: the operator's shell may everything, a person what they hold. */
export type Granter = { kind: 'operator-shell' } | { kind: 'user'; id: number }

export type Roles = {
  /** Those that come with the service first. */
  list(db?: Db): Promise<Role[]>
  /** Names of a user's roles. */
  rolesOf(userId: number, db?: Db): Promise<readonly string[]>
  /** What a user holds through all roles; an unknown role holds nothing. */
  permissionsOf(userId: number, db?: Db): Promise<readonly string[]>
  /** What any of these users, a few hundred at most, holds. */
  permissionsOfAny(userIds: readonly number[], db?: Db): Promise<readonly string[]>
  /** The users who hold a permission through some role. */
  listHoldersOf(permission: string, db?: Db): Promise<readonly number[]>
  /** A user's roles, and since when. */
  listGrants(userId: number): Promise<Grant[]>
  /** Both at once, in one read for whoever has none. */
  heldBy(userId: number, db?: Db): Promise<Held>
  /**
   * Makes or changes a role. Whether the granter may act on those who have it is for the caller to ask.
   *
   * @throws Refusal 'not-permitted' when it would hold more than the granter, or the one that it replaces does;
   *   'malformed-request' for a name or a permission that is none, or the name of a role that comes with the service
   */
  define(tx: Db, granter: Granter, role: { name: string; permissions: readonly string[] }): Promise<Defined>
  /** Takes the role from everybody who has it and removes it. @returns who had it @throws Refusal as above, 'not-found' */
  remove(tx: Db, granter: Granter, name: string): Promise<readonly number[]>
  /** @returns whether it changed something @throws Refusal 'not-permitted', 'not-found' */
  grant(tx: Db, granter: Granter, userId: number, name: string): Promise<boolean>
  /** @returns whether it changed something @throws Refusal 'not-permitted', 'not-found' (there is no such role) */
  revoke(tx: Db, granter: Granter, userId: number, name: string): Promise<boolean>
  /** The roles of an erased user go. */
  removeAllOf(tx: Db, userId: number): Promise<void>
}

export function createRoles({ database, clock }: { database: Database; clock: Clock }): Roles {
  const list = async (db: Db = database.db) => [...builtInRoles, ...(await store.listOwnRoles(db))]

  async function heldBy(userId: number, db: Db = database.db): Promise<Held> {
    const roles = await store.listRolesOf(db, userId)
    return { roles, permissions: await permissionsIn(roles, db) }
  }

  async function permissionsIn(roles: readonly string[], db: Db): Promise<string[]> {
    if (roles.length === 0) return []
    const held = (await list(db)).filter(({ name }) => roles.includes(name))
    return [...new Set(held.flatMap(({ permissions }) => permissions))].sort()
  }

  async function listHoldersOf(permission: string, db: Db = database.db): Promise<number[]> {
    const giving = (await list(db)).filter(({ permissions }) => covers(permissions, [permission]))
    const holders: number[] = []
    for (const { name } of giving) holders.push(...(await store.listHolders(db, name)))
    return [...new Set(holders)]
  }

  /** Its row is held until the transaction ends, so that it is neither changed nor removed meanwhile. Built-in ones stay as they are. */
  async function findHeld(tx: Db, name: string): Promise<Role | undefined> {
    const builtIn = builtInRoles.find((role) => role.name === name)
    return builtIn ?? (isRoleName(name) ? store.holdRole(tx, name) : undefined)
  }

  const permissionsOf = async (userId: number, db?: Db) => (await heldBy(userId, db)).permissions

  /** @throws Refusal 'not-permitted' */
  async function mustCover(tx: Db, granter: Granter, permissions: readonly string[]): Promise<void> {
    if (granter.kind === 'operator-shell') return
    if (!covers(await permissionsOf(granter.id, tx), neededFor(permissions))) throw refused('not-permitted')
  }

  return {
    list,
    listHoldersOf,
    listGrants: (userId) => store.listGrantsOf(database.db, userId),
    heldBy,
    permissionsOf,
    permissionsOfAny: async (userIds, db = database.db) => permissionsIn(await store.listRolesOfAny(db, userIds), db),
    rolesOf: (userId, db = database.db) => store.listRolesOf(db, userId),
    async define(tx, granter, { name, permissions }) {
      refuseWrongWords(name, permissions)
      const before = await findHeld(tx, name)
      await mustCover(tx, granter, permissions)
      if (before) await mustCover(tx, granter, before.permissions)
      const role = { name, permissions: [...new Set(permissions)].sort(), isBuiltIn: false }
      if (before) {
        await store.updateRole(tx, role, clock.now())
        const taken = before.permissions.filter((word) => !permissions.includes(word))
        return { holders: await store.listHolders(tx, name), taken }
      }
      await orConflict(store.insertRole(tx, role, clock.now()))
      await store.deleteGrants(tx, name) // whatever an earlier role of this name left behind
      return { holders: [], taken: [] }
    },
    async remove(tx, granter, name) {
      const role = await findHeld(tx, name)
      if (!role || role.isBuiltIn) throw refused('not-found')
      await mustCover(tx, granter, role.permissions)
      const holders = await store.listHolders(tx, name)
      await store.deleteRole(tx, name)
      return holders
    },
    async grant(tx, granter, userId, name) {
      const role = await findHeld(tx, name)
      if (!role) throw refused('not-found')
      await mustCover(tx, granter, role.permissions)
      const grantedBy = granter.kind === 'user' ? granter.id : null
      return orConflict(store.insertGrant(tx, { userId, role: name, grantedBy }, clock.now()))
    },
    async revoke(tx, granter, userId, name) {
      const role = await findHeld(tx, name)
      const isTaken = isRoleName(name) && (await store.deleteGrant(tx, userId, name))
      if (!role && !isTaken) throw refused('not-found')
      await mustCover(tx, granter, role?.permissions ?? []) // what an earlier role of this name left behind holds nothing
      return isTaken
    },
    removeAllOf: store.deleteGrantsOf,
  }
}

async function orConflict<T>(insertion: Promise<T>): Promise<T> {
  try {
    return await insertion
  } catch (error) {
    if (error instanceof UniqueViolation) throw refused('conflict', {}, error)
    throw error
  }
}

function refuseWrongWords(name: string, permissions: readonly string[]): void {
  const isTaken = builtInRoles.some((role) => role.name === name)
  if (!isRoleName(name) || isTaken) throw wrong('/name', 'must be a word such as orders-clerk, of no built-in role')
  const word = permissions.find((candidate) => !isPermission(candidate))
  if (word !== undefined) throw wrong('/permissions', 'must be words such as orders:read')
}

const wrong = (pointer: string, detail: string) => refused('malformed-request', { errors: [{ pointer, detail }] })
