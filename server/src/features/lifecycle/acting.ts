import type { Actor } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import { type AdminPermission, covers, type Granter, type Roles } from '../roles/roles.ts'
import type { User, Users } from '../users/users.ts'

type ByKind<Kind extends Granter['kind']> = Extract<Granter, { kind: Kind }>

/**
 * Who acts on a user: whoever has the operator's shell, or a signed-in operator, what the door asked them for, and where the request
 * came from.
 */
export type Doer = (ByKind<'operator-shell'> | (ByKind<'user'> & { permission: AdminPermission })) & { origin?: Origin }

export const atTheShell: Doer = { kind: 'operator-shell' }

/** As events name the doer. */
export function actorOf(by: Doer): Actor {
  return by.kind === 'user' ? { kind: 'operator', id: by.id } : { kind: 'system' }
}

/**
 * Nobody acts on somebody who may do more: else support could disable every admin, or reset an admin's factors and sign in.
 *
 * @throws Refusal 'not-permitted'
 */
export async function mustReach(roles: Roles, tx: Db, by: Doer, userIds: readonly number[]): Promise<void> {
  if (by.kind === 'operator-shell') return
  const isReached = covers(await roles.permissionsOf(by.id, tx), await roles.permissionsOfAny(userIds, tx))
  if (!isReached) throw refused('not-permitted')
}

/**
 * Nobody disables or erases themselves as an operator, takes a role from themselves or resets their own factors. So somebody is left
 * who may do all that the last operator may; and whoever stole a session gets no further than at `/api/account`, where owners leave
 * after a delay and are told by mail.
 *
 * @throws Refusal 'not-permitted' { reasons }
 */
export function mustBeAnother(by: Doer, userId: number): void {
  if (by.kind === 'user' && by.id === userId)
    throw refused('not-permitted', { reasons: ['nobody does this to themselves: somebody else must'] })
}

type HoldDeps = { users: Users; roles: Roles }

/**
 * Holds the row of whoever acts until the transaction ends, and with it those of `userIds`, and then asks once more what the door
 * asked before: they may have been disabled since, or have lost the role.
 *
 * @returns those of the users who there are, and whoever acts
 * @throws Refusal 'not-permitted'
 */
export async function holdDoer(
  { users, roles }: HoldDeps,
  tx: Db,
  by: Doer,
  userIds: readonly number[] = [],
): Promise<User[]> {
  if (by.kind === 'operator-shell') return users.listHeld(tx, userIds)
  const held = await users.listHeld(tx, [...userIds, by.id])
  if (!held.some(({ id, isEnabled }) => id === by.id && isEnabled)) throw refused('not-permitted')
  if (!covers(await roles.permissionsOf(by.id, tx), [by.permission])) throw refused('not-permitted')
  return held
}

/**
 * Holds the rows of the user and of whoever acts until the transaction ends, and then looks who reaches whom: neither is disabled
 * meanwhile, and a role that is being given is seen. Of two operators who act on each other at once the first one wins.
 *
 * @returns undefined: there is no such user
 * @throws Refusal 'not-permitted', also when whoever acts may not do so any more
 */
export async function findReached(deps: HoldDeps, tx: Db, userId: number, by: Doer): Promise<User | undefined> {
  const held = await holdDoer(deps, tx, by, [userId])
  const user = held.find(({ id }) => id === userId)
  if (user) await mustReach(deps.roles, tx, by, [userId])
  return user
}

/** The same of a user who must exist. @throws Refusal 'user-unknown' as well */
export async function getReached(deps: HoldDeps, tx: Db, userId: number, by: Doer): Promise<User> {
  const user = await findReached(deps, tx, userId, by)
  if (!user) throw refused('user-unknown')
  return user
}
