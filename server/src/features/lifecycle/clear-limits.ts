import { emailKey } from '../users/users.ts'
import { actorOf, type Doer, getReached } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/** Ends the waits that guessing at a user's account has caused, wherever it came from. @returns whether there was one */
export async function clearLimits(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, limits } = deps
  return database.transaction(async (tx) => {
    const { email } = await getReached(deps, tx, userId, by)
    if (!(await limits.clear(tx, emailKey(email)))) return false
    await events.append(tx, { type: 'limits.cleared', userId, actor: actorOf(by), origin: by.origin })
    return true
  })
}
