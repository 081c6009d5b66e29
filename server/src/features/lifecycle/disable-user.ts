import { actorOf, type Doer, findReached, mustBeAnother } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/**
 * One transaction: the user's row first (it is what a login locks), then the sessions; told to everybody after the commit.
 *
 * @throws Refusal 'not-permitted', also of oneself
 */
export async function disableUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, users, sessions } = deps
  mustBeAnother(by, userId)
  const ended = await database.transaction(async (tx) => {
    if (!(await findReached(deps, tx, userId, by)) || !(await users.disable(tx, userId))) return undefined
    await events.append(tx, { type: 'user.disabled', userId, actor: actorOf(by), origin: by.origin })
    return sessions.endAllOf(tx, userId, 'user-disabled', { actor: actorOf(by), origin: by.origin })
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}

export async function enableUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, users } = deps
  return database.transaction(async (tx) => {
    if (!(await findReached(deps, tx, userId, by)) || !(await users.enable(tx, userId))) return false
    await events.append(tx, { type: 'user.enabled', userId, actor: actorOf(by), origin: by.origin })
    return true
  })
}
