import { type EndDeps, endAllOf, endOne } from './end-session.ts'
import { findSession } from './store.ts'

/** Ends a session of this user. False: the user has no such session, or it has ended. */
export async function endOwnSession(deps: EndDeps, userId: number, sessionId: string): Promise<boolean> {
  const session = await findSession(deps.database.db, sessionId)
  if (session?.userId !== userId) return false
  return endOne(deps, sessionId, 'ended-by-user')
}

/**
 * Ends every session of a user but one; all of them when the one is undefined.
 *
 * @returns how many ended
 */
export async function endOtherSessions(deps: EndDeps, userId: number, kept: string | undefined): Promise<number> {
  const { database, users, revocations } = deps
  const ended = await database.transaction(async (tx) => {
    // It locks the row: no login opens one in between.
    if (!(await users.noteSessionsEnded(tx, userId))) return []
    return endAllOf(deps, tx, userId, 'ended-by-user', kept)
  })
  await revocations.announce(ended)
  return ended.length
}
