import { refused } from '../../platform/refusal.ts'
import { emailKey } from '../users/users.ts'
import { actorOf, type Doer, mustReach } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/** Ends the waits that guessing at a user's account has caused, wherever it came from. @returns whether there was one */
export async function clearLimits(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, limits, roles, users } = deps
  return database.transaction(async (tx) => {
    await mustReach(roles, tx, by, userId)
    const [user] = await users.listHeld(tx, [userId])
    if (!user) throw refused('user-unknown')
    if (!(await limits.clear(tx, emailKey(user.email)))) return false
    await events.append(tx, { type: 'limits.cleared', userId, actor: actorOf(by), origin: by.origin })
    return true
  })
}
