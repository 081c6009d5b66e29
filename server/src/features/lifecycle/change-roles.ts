import type { Db } from '../../platform/db.ts'
import { actorOf, type Doer, getReached, holdDoer, mustBeAnother, mustReach } from './acting.ts'
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

/**
 * Whoever has the role holds something else from now on: as if it were given to, and taken from, each of them.
 *
 * @throws Refusal 'not-permitted', also where somebody has it whom the doer does not reach, or the doer something would be taken
 *   from; 'malformed-request', 'conflict'
 */
export async function defineRole(
  deps: GrantDeps,
  role: { name: string; permissions: readonly string[] },
  by: Doer,
): Promise<void> {
  const { database, events, roles } = deps
  await database.transaction(async (tx) => {
    await holdDoer(deps, tx, by)
    const { holders, taken } = await roles.define(tx, by, role)
    if (taken.length > 0) for (const userId of holders) mustBeAnother(by, userId)
    await noteHolders(deps, tx, holders, by)
    const data = { role: role.name, permissions: role.permissions.join(' ') }
    await events.append(tx, { type: 'role.defined', userId: null, actor: actorOf(by), origin: by.origin, data })
  })
}

/** Takes it from everybody. @throws Refusal 'not-permitted', also where it could not be taken from one of them; 'not-found' */
export async function removeRole(deps: GrantDeps, name: string, by: Doer): Promise<void> {
  const { database, events, roles } = deps
  await database.transaction(async (tx) => {
    await holdDoer(deps, tx, by)
    const holders = await roles.remove(tx, by, name)
    for (const userId of holders) mustBeAnother(by, userId)
    await noteHolders(deps, tx, holders, by)
    const told = { actor: actorOf(by), origin: by.origin, data: { role: name } }
    const revoked = holders.map((userId) => ({ type: 'role.revoked', userId, ...told }) as const)
    await events.appendAll(tx, [...revoked, { type: 'role.removed', userId: null, ...told }])
  })
}

const AT_ONCE = 500 // parameters of one statement

/**
 * Their tokens say something else from the next refresh on. The rows are held: a session that is being opened is seen, and a role
 * that is being given.
 *
 * @throws Refusal 'not-permitted' where one of them is not reached
 */
async function noteHolders(deps: GrantDeps, tx: Db, holders: readonly number[], by: Doer): Promise<void> {
  const { roles, sessions, users } = deps
  for (let from = 0; from < holders.length; from += AT_ONCE) {
    const some = holders.slice(from, from + AT_ONCE)
    await users.listHeld(tx, some)
    await mustReach(roles, tx, by, some)
    await sessions.noteClaimsChanged(tx, some)
  }
}
