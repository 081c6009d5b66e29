import type { Origin } from '../../platform/origin.ts'
import { type EndDeps, type EndedBy, endAllOf, endOne } from './end-session.ts'
import { endOf, lastEndOf } from './lifetimes.ts'
import type { SessionView } from './session.ts'
import { findSession, listLiveSessions } from './store.ts'
import type { OneReason } from './what-ends.ts'

/** The user that asks, in which session, and from where. */
export type Owner = { userId: number; sessionId: string | undefined; origin: Origin }

/** Where a user is signed in, the session used last first. */
export async function listOwnSessions(
  { database, clock, lifetimes }: Pick<EndDeps, 'database' | 'clock' | 'lifetimes'>,
  userId: number,
): Promise<SessionView[]> {
  const now = clock.now()
  const live = await listLiveSessions(database.db, userId, now)
  return live
    .filter((session) => endOf(session, lifetimes) > now)
    .map((session) => ({
      id: session.id,
      openedAt: session.openedAt,
      lastUsedAt: session.lastUsedAt,
      expiresAt: endOf(session, lifetimes),
      endsAt: lastEndOf(session.openedAt, lifetimes),
      amr: session.amr,
      acr: session.acr,
      authenticatedAt: session.authenticatedAt,
      address: session.address,
      userAgent: session.userAgent,
    }))
}

/** Ends a session of this user. False: the user has no such session, or it has ended. */
export async function endSessionOfUser(
  deps: EndDeps,
  userId: number,
  sessionId: string,
  reason: OneReason,
  by: EndedBy,
): Promise<boolean> {
  const session = await findSession(deps.database.db, sessionId)
  return session?.userId === userId && endOne(deps, sessionId, reason, by)
}

/**
 * Ends every session of a user but the one that asks; all of them when it asks from none.
 *
 * @returns how many ended
 */
export async function endOtherSessions(deps: EndDeps, { userId, ...asking }: Owner): Promise<number> {
  const { database, users, revocations } = deps
  const ended = await database.transaction(async (tx) => {
    // It locks the row: no login opens one in between.
    if (!(await users.noteSessionsEnded(tx, userId))) return []
    return endAllOf(deps, tx, userId, 'others-ended-by-user', { ...asking, actor: { kind: 'user', id: userId } })
  })
  await revocations.announce(ended)
  return ended.length
}
