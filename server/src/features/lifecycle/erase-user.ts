import { emailKey } from '../users/users.ts'
import { actorOf, type Doer, mustReach } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/** Removes a user for good. The revocations stay until the last access token has expired: they name no person. */
export async function eraseUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, events, limits, roles, users, email, passwords, passkeys, totp, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    await mustReach(roles, tx, by, userId)
    const [user] = await users.listHeld(tx, [userId])
    if (!user || !(await users.remove(tx, userId))) return undefined
    const asking = { actor: actorOf(by), origin: by.origin }
    const endedSessions = await sessions.endAllOf(tx, userId, 'user-erased', asking)
    await sessions.removeAllOf(tx, userId)
    await passwords.remove(tx, userId)
    await passkeys.removeAllOf(tx, userId)
    await totp.removeAllOf(tx, userId)
    await roles.removeAllOf(tx, userId)
    await email.removeAllOf(tx, userId)
    await limits.forget(tx, emailKey(user.email))
    await events.append(tx, { type: 'user.erased', userId, actor: actorOf(by), origin: by.origin })
    await events.forget(tx, userId) // last: also of whoever erased themselves nothing personal stays readable
    return endedSessions
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}
