import { actorOf, type Doer, findReached } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

type EndDeps = Pick<LifecycleDeps, 'database' | 'events' | 'roles' | 'sessions' | 'users'>

/**
 * Signs a user out everywhere: also where no session is open, tokens of the old service end, and sign-ins that are half done.
 *
 * @returns how many sessions ended
 * @throws Refusal 'not-permitted'
 */
export async function endSessions(deps: EndDeps, userId: number, by: Doer): Promise<number> {
  const { database, events, sessions, users } = deps
  const ended = await database.transaction(async (tx) => {
    if (!(await findReached(deps, tx, userId, by))) return []
    if (!(await users.noteSessionsEnded(tx, userId))) return [] // who is disabled is signed out already
    const told = { actor: actorOf(by), origin: by.origin }
    const ended = await sessions.endAllOf(tx, userId, 'all-ended-by-operator', told)
    await events.append(tx, { type: 'user.signed-out', userId, ...told, data: { sessions: ended.length } })
    return ended
  })
  await sessions.announce(ended)
  return ended.length
}

/** Ends one session. False: the user has no such session, or it has ended. @throws Refusal 'not-permitted' */
export async function endSession(deps: EndDeps, userId: number, sessionId: string, by: Doer): Promise<boolean> {
  const { database, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    if (!(await findReached(deps, tx, userId, by))) return undefined
    const told = { actor: actorOf(by), origin: by.origin }
    return sessions.endOneOf(tx, userId, sessionId, 'ended-by-operator', told)
  })
  if (!ended) return false
  await sessions.announce([ended])
  return true
}
