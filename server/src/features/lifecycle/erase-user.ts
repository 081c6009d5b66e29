import type { Actor } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { emailKey, type User } from '../users/users.ts'
import { actorOf, type Doer, findReached, mustBeAnother } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'
import { removeDeletion } from './store.ts'

/**
 * Removes a user for good. The revocations stay until the last access token has expired: they name no person.
 *
 * @throws Refusal 'not-permitted', also of oneself
 */
export async function eraseUser(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  const { database, sessions } = deps
  mustBeAnother(by, userId)
  const ended = await database.transaction(async (tx) => {
    const user = await findReached(deps, tx, userId, by)
    return user && eraseHeld(deps, tx, user, { actor: actorOf(by), origin: by.origin })
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}

/** Who erases, for the record, and why where the event alone does not say it. */
export type Erasing = {
  actor: Actor
  /** The session of the user, who asked for it just now. */
  sessionId?: string | undefined
  origin: Origin | undefined
  reason?: 'asked-by-user' | 'address-change-undone'
}

/**
 * The same in a transaction that holds the user's row.
 *
 * @returns the sessions that ended, to be announced after the commit; undefined: there is no such user any more
 */
export async function eraseHeld(
  deps: LifecycleDeps,
  tx: Db,
  user: User,
  { reason, sessionId, ...by }: Erasing,
): Promise<EndedSession[] | undefined> {
  const { events, limits, roles, users, email, passwords, passkeys, totp, sessions, signIn } = deps
  const { id: userId } = user
  if (!(await users.remove(tx, userId))) return undefined
  const endedSessions = await sessions.endAllOf(tx, userId, 'user-erased', by)
  await sessions.removeAllOf(tx, userId)
  await removeDeletion(tx, userId)
  await passwords.remove(tx, userId)
  await passkeys.removeAllOf(tx, userId)
  await totp.removeAllOf(tx, userId)
  await roles.removeAllOf(tx, userId)
  await signIn.removeAllOf(tx, userId)
  await email.removeAllOf(tx, user)
  await limits.forget(tx, emailKey(user.email))
  await events.append(tx, { type: 'user.erased', userId, sessionId, ...by, ...(reason && { reason }) })
  await events.forget(tx, userId) // last: also of whoever erased themselves nothing personal stays readable
  return endedSessions
}
