import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Users } from '../users/users.ts'
import { adoptLegacySession } from './legacy-session.ts'
import type { ReadToken } from './read-token.ts'
import type { Revocations } from './revocations.ts'
import { decideRotation } from './rotation.ts'
import type { EndedSession, EndReason, Lifetimes } from './session.ts'
import { endSession, findSession, insertRevocation, listOpenSessions } from './store.ts'
import { tokenRefused } from './token-refusal.ts'

export type EndDeps = { database: Database; clock: Clock; users: Users; revocations: Revocations; lifetimes: Lifetimes }

/**
 * Logout: ends the session of a refresh token, its signature, type and expiry checked.
 *
 * @throws Refusal 'token-refused' when the session has ended, or the token is older than the current one's parent: then
 *   somebody else may hold it too, and the session ends all the same
 */
export async function endSessionOf(deps: EndDeps, token: ReadToken & { sessionId: string }): Promise<void> {
  const { database, clock, lifetimes } = deps
  const session = (await findSession(database.db, token.sessionId)) ?? (await adoptLegacySession(deps, token))
  if (!session) throw tokenRefused('ended')
  const decision = decideRotation(session, token.tokenId, clock.now(), lifetimes.refreshGraceSeconds)
  if (decision === 'ended' || decision === 'expired') throw tokenRefused('ended')
  const isEnded = await endOne(deps, session.id, decision === 'reuse' ? 'refresh-token-reused' : 'logout')
  if (!isEnded || decision === 'reuse') throw tokenRefused('ended')
}

/** Ends one session and tells everybody who verifies. True when it was this call that ended it. */
export async function endOne(deps: EndDeps, sessionId: string, reason: EndReason): Promise<boolean> {
  const { database, clock, revocations } = deps
  const ended = await database.transaction((tx) => endAndRevoke(tx, sessionId, reason, clock.now()))
  if (ended) await revocations.announce([ended])
  return ended !== undefined
}

/** Ends every session of a user whose row the transaction holds. Announce the answer after the commit. */
export async function endAllOf(
  deps: { clock: Clock },
  tx: Db,
  userId: number,
  reason: EndReason,
  kept?: string,
): Promise<EndedSession[]> {
  const now = deps.clock.now()
  const ended: EndedSession[] = []
  for (const sessionId of await listOpenSessions(tx, userId)) {
    if (sessionId === kept) continue
    const session = await endAndRevoke(tx, sessionId, reason, now)
    if (session) ended.push(session)
  }
  return ended
}

async function endAndRevoke(
  tx: Db,
  sessionId: string,
  reason: EndReason,
  now: number,
): Promise<EndedSession | undefined> {
  const ended = await endSession(tx, sessionId, reason, now)
  if (ended && ended.expiresAt > now) await insertRevocation(tx, ended, now)
  return ended
}
