import { actorOf, type Doer, mustReach } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/** One transaction: the user's row first (it is what a login locks), then the sessions; told to everybody after the commit. */
export async function disableUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, roles, users, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    await mustReach(roles, tx, by, userId)
    if (!(await users.disable(tx, userId))) return undefined
    await events.append(tx, { type: 'user.disabled', userId, actor: actorOf(by), origin: by.origin })
    return sessions.endAllOf(tx, userId, 'user-disabled', { actor: actorOf(by), origin: by.origin })
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}

export async function enableUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, roles, users } = deps
  return database.transaction(async (tx) => {
    await mustReach(roles, tx, by, userId)
    if (!(await users.enable(tx, userId))) return false
    await events.append(tx, { type: 'user.enabled', userId, actor: actorOf(by), origin: by.origin })
    return true
  })
}
