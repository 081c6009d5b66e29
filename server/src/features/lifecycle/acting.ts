import type { Actor } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import { covers, type Granter, type Roles } from '../roles/roles.ts'
import type { User, Users } from '../users/users.ts'

/** Who acts on a user: whoever has the operator's shell, or a signed-in operator and where the request came from. */
export type Doer = Granter & { origin?: Origin }

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
export async function mustReach(roles: Roles, tx: Db, by: Doer, userId: number): Promise<void> {
  if (by.kind === 'operator-shell' || by.id === userId) return
  const isReached = covers(await roles.permissionsOf(by.id, tx), await roles.permissionsOf(userId, tx))
  if (!isReached) throw refused('not-permitted')
}

/**
 * Holds the rows of the user and of whoever acts until the transaction ends, so that neither is disabled meanwhile.
 *
 * @throws Refusal 'user-unknown', 'not-permitted' when whoever acts may not sign in any more
 */
export async function holdBoth(users: Users, tx: Db, userId: number, by: Doer): Promise<User> {
  const held = await users.listHeld(tx, by.kind === 'user' ? [userId, by.id] : [userId])
  const user = held.find(({ id }) => id === userId)
  if (!user) throw refused('user-unknown')
  if (by.kind === 'user' && !held.some(({ id, isEnabled }) => id === by.id && isEnabled)) throw refused('not-permitted')
  return user
}
