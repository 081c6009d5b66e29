import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { type EndDeps, type EndedBy, endAllOf, endAndTell } from './end-session.ts'
import { endOf, lastEndOf } from './lifetimes.ts'
import type { EndedSession, SessionView } from './session.ts'
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
  const ended = await deps.database.transaction((tx) => endOneOf(deps, tx, userId, sessionId, reason, by))
  if (ended) await deps.revocations.announce([ended])
  return ended !== undefined
}

/** The same in the caller's transaction. Announce the answer after the commit. */
export async function endOneOf(
  deps: Pick<EndDeps, 'clock' | 'events'>,
  tx: Db,
  userId: number,
  sessionId: string,
  reason: OneReason,
  by: EndedBy,
): Promise<EndedSession | undefined> {
  const session = await findSession(tx, sessionId)
  return session?.userId === userId ? endAndTell(deps, tx, sessionId, reason, by) : undefined
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
