import type { Db } from '../../platform/db.ts'
import { actorOf, type Doer, getReached, mustBeAnother } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

type GrantDeps = Pick<LifecycleDeps, 'database' | 'events' | 'roles' | 'users' | 'sessions'>

/**
 * Gives a role to a user, or takes it: from oneself, nobody does.
 *
 * @returns whether it changed something
 * @throws Refusal 'user-unknown', 'not-found', 'not-permitted'
 */
export async function changeRole(
  deps: GrantDeps,
  change: { userId: number; role: string; isGranted: boolean },
  by: Doer,
): Promise<boolean> {
  const { database, events, roles, sessions } = deps
  const { userId, role, isGranted } = change
  if (!isGranted) mustBeAnother(by, userId)
  return database.transaction(async (tx) => {
    await getReached(deps, tx, userId, by)
    const isChanged = isGranted ? await roles.grant(tx, by, userId, role) : await roles.revoke(tx, by, userId, role)
    const type = isGranted ? 'role.granted' : 'role.revoked'
    if (!isChanged) return false
    await sessions.noteClaimsChanged(tx, [userId])
    await events.append(tx, { type, userId, actor: actorOf(by), origin: by.origin, data: { role } })
    return true
  })
}

/** @throws Refusal 'not-permitted', 'malformed-request', 'conflict' */
export async function defineRole(
  deps: GrantDeps,
  role: { name: string; permissions: readonly string[] },
  by: Doer,
): Promise<void> {
  const { database, events, roles } = deps
  await database.transaction(async (tx) => {
    await noteHolders(deps, tx, await roles.define(tx, by, role))
    const data = { role: role.name, permissions: role.permissions.join(' ') }
    await events.append(tx, { type: 'role.defined', userId: null, actor: actorOf(by), origin: by.origin, data })
  })
}

/** @throws Refusal 'not-permitted', 'not-found' */
export async function removeRole(deps: GrantDeps, name: string, by: Doer): Promise<void> {
  const { database, events, roles } = deps
  await database.transaction(async (tx) => {
    const holders = await roles.remove(tx, by, name)
    await noteHolders(deps, tx, holders)
    const told = { actor: actorOf(by), origin: by.origin, data: { role: name } }
    for (const userId of holders) await events.append(tx, { type: 'role.revoked', userId, ...told })
    await events.append(tx, { type: 'role.removed', userId: null, ...told })
  })
}

const AT_ONCE = 500 // parameters of one statement

/** Their tokens say something else from the next refresh on. The rows are held: a session that is being opened is seen. */
async function noteHolders({ sessions, users }: GrantDeps, tx: Db, holders: readonly number[]): Promise<void> {
  for (let from = 0; from < holders.length; from += AT_ONCE) {
    const some = holders.slice(from, from + AT_ONCE)
    await users.listHeld(tx, some)
    await sessions.noteClaimsChanged(tx, some)
  }
}
