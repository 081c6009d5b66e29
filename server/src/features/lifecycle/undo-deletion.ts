import type { Db } from '../../platform/db.ts'
import { actorOf, type Doer, findReached } from './acting.ts'
import type { Undoing } from './deletion.ts'
import type { LifecycleDeps } from './deps.ts'
import * as store from './store.ts'

/**
 * The account of this user stays, if its deletion still waits: one conditional removal decides between many who take it back at
 * once, and the job that erases. The owner is told.
 *
 * @returns whether it was this call that took it back
 */
export async function undoDeletion(
  { email, events, users }: LifecycleDeps,
  tx: Db,
  userId: number,
  { actor, sessionId, origin, reason, requestedAt }: Undoing,
): Promise<boolean> {
  const [user] = await users.listHeld(tx, [userId]) // first, as the job does: they do not wait in a circle
  if (!user || !(await store.removeDeletion(tx, userId, requestedAt))) return false
  await events.append(tx, { type: 'deletion.undone', userId, actor, sessionId, origin, reason })
  // From where an operator acted is nobody's business.
  const told = origin && actor.kind !== 'operator' ? origin : { address: null, userAgent: null }
  const { email: to, locale } = user
  await email.notify(tx, { message: 'deletion-undone', to, userId, locale, origin: told })
  return true
}

/** The same by an operator. @throws Refusal 'not-permitted' */
export function undoDeletionOf(deps: LifecycleDeps, userId: number, by: Doer): Promise<boolean> {
  return deps.database.transaction(async (tx) => {
    await findReached(deps, tx, userId, by)
    return undoDeletion(deps, tx, userId, { actor: actorOf(by), origin: by.origin, reason: 'by-operator' })
  })
}
