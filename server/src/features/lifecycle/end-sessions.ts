import { type Doer, mustReach } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

type EndDeps = Pick<LifecycleDeps, 'database' | 'roles' | 'sessions'>

/** Signs a user out everywhere. @returns how many sessions ended @throws Refusal 'not-permitted' */
export async function endSessions({ database, roles, sessions }: EndDeps, userId: number, by: Doer): Promise<number> {
  await mustReach(roles, database.db, by, userId)
  return sessions.endOthers(userId, undefined)
}

/** Ends one session. False: the user has no such session, or it has ended. @throws Refusal 'not-permitted' */
export async function endSession(
  { database, roles, sessions }: EndDeps,
  userId: number,
  sessionId: string,
  by: Doer,
): Promise<boolean> {
  await mustReach(roles, database.db, by, userId)
  return sessions.endOwn(userId, sessionId)
}
