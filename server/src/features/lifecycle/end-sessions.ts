import { actorOf, type Doer, mustReach } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

type EndDeps = Pick<LifecycleDeps, 'database' | 'roles' | 'sessions' | 'users'>

/** Signs a user out everywhere. @returns how many sessions ended @throws Refusal 'not-permitted' */
export async function endSessions(deps: EndDeps, userId: number, by: Doer): Promise<number> {
  const { database, roles, sessions, users } = deps
  const ended = await database.transaction(async (tx) => {
    await mustReach(roles, tx, by, userId)
    if (!(await users.noteSessionsEnded(tx, userId))) return [] // locks the row: no login opens one in between
    return sessions.endAllOf(tx, userId, 'all-ended-by-operator', { actor: actorOf(by), origin: by.origin })
  })
  await sessions.announce(ended)
  return ended.length
}

/** Ends one session. False: the user has no such session, or it has ended. @throws Refusal 'not-permitted' */
export async function endSession(
  { database, roles, sessions }: EndDeps,
  userId: number,
  sessionId: string,
  by: Doer,
): Promise<boolean> {
  await mustReach(roles, database.db, by, userId)
  return sessions.endOne(userId, sessionId, 'ended-by-operator', { actor: actorOf(by), origin: by.origin })
}
