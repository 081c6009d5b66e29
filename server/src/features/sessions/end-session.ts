import type { Actor } from '../../../../contract/events.ts'
import { beforeCommit } from '../../platform/after-commit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Events } from '../events/events.ts'
import type { Users } from '../users/users.ts'
import { endSessions, endSessionsUsedSince, insertRevocations, insertRevocationsFor } from './ending-store.ts'
import { adoptLegacySession } from './legacy-session.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { ReadToken } from './read-token.ts'
import { type Revocations, TOLERANCE_MS } from './revocations.ts'
import { decideRotation } from './rotation.ts'
import type { EndedSession } from './session.ts'
import type { StatusIndexes } from './status-index.ts'
import { endSession, findSession, listOpenSessions } from './store.ts'
import { tokenRefused } from './token-refusal.ts'
import { type OneReason, sessionsToEnd, type UserReason } from './what-ends.ts'

export type EndDeps = {
  database: Database
  clock: Clock
  events: Events
  users: Users
  revocations: Revocations
  lifetimes: Lifetimes
  statusIndexes: StatusIndexes
}

/** Who ends sessions, for the record. */
export type EndedBy = { actor?: Actor; origin?: Origin | undefined }

/** Who asks for the end of a user's sessions. */
export type Asking = EndedBy & {
  /** The session that asks: whether it ends too is for `whatEnds` to say. */
  sessionId?: string | undefined
}

/**
 * Logout: ends the session of a refresh token, its signature, type and expiry checked.
 *
 * @throws Refusal 'token-refused' when the session has ended, or the token is older than the current one's parent: then
 *   somebody else may hold it too, and the session ends all the same
 */
export async function endSessionOf(
  deps: EndDeps,
  token: ReadToken & { sessionId: string },
  origin: Origin,
): Promise<void> {
  const { database, clock, lifetimes } = deps
  const session = (await findSession(database.db, token.sessionId)) ?? (await adoptLegacySession(deps, token))
  if (!session) throw tokenRefused('ended')
  const decision = decideRotation(session, token.tokenId, clock.now(), lifetimes)
  if (decision === 'ended' || decision === 'expired') throw tokenRefused('ended')
  if (decision === 'reuse') {
    await endReused(deps, session.id, origin)
    throw tokenRefused('ended')
  }
  const isEnded = await endOne(deps, session.id, 'logout', { actor: { kind: 'user', id: session.userId }, origin })
  if (!isEnded) throw tokenRefused('ended')
}

/** Ends a session whose refresh token came back: nobody can say whether the thief showed it or the owner. */
export function endReused(deps: EndDeps, sessionId: string, origin: Origin): Promise<boolean> {
  return endOne(deps, sessionId, 'refresh-token-reused', { actor: { kind: 'anonymous' }, origin })
}

/** Ends one session and tells everybody who verifies. True when it was this call that ended it. */
export async function endOne(deps: EndDeps, sessionId: string, reason: OneReason, by: EndedBy): Promise<boolean> {
  const ended = await deps.database.transaction((tx) => endAndTell(deps, tx, sessionId, reason, by))
  if (ended) await deps.revocations.announce([ended])
  return ended !== undefined
}

/** Ends what `whatEnds` says of the sessions of a user whose row the transaction holds. Announce the answer after the commit. */
export async function endAllOf(
  { clock, events }: Pick<EndDeps, 'clock' | 'events'>,
  tx: Db,
  userId: number,
  reason: UserReason,
  { sessionId: asking, actor = { kind: 'system' }, origin }: Asking = {},
): Promise<EndedSession[]> {
  const now = clock.now()
  const ended = await endSessions(tx, sessionsToEnd(reason, await listOpenSessions(tx, userId), asking), reason, now)
  revoke(tx, ended, now)
  const told = ended.map(
    ({ sessionId }) => ({ userId, sessionId, actor, origin, type: 'session.ended', reason }) as const,
  )
  await events.appendAll(tx, told)
  return ended
}

/**
 * Ends every session that was given a token since then. There may be as many as there are people: nobody is told of each but
 * those who verify, and they by the feed. @returns how many
 */
export async function endAllSince({ clock }: Pick<EndDeps, 'clock'>, tx: Db, since: number): Promise<number> {
  const now = clock.now()
  const count = await endSessionsUsedSince(tx, since, 'key-compromised', now)
  if (count > 0) beforeCommit(tx, () => insertRevocationsFor(tx, 'key-compromised', now, now - TOLERANCE_MS))
  return count
}

/** The same in the caller's transaction. Announce the answer after the commit. */
export async function endAndTell(
  { clock, events }: Pick<EndDeps, 'clock' | 'events'>,
  tx: Db,
  sessionId: string,
  reason: OneReason,
  { actor = { kind: 'system' }, origin }: EndedBy,
): Promise<EndedSession | undefined> {
  const now = clock.now()
  const session = await endSession(tx, sessionId, reason, now)
  if (!session) return undefined
  const { userId, ...ended } = session
  revoke(tx, [ended], now)
  const event = { userId, sessionId, actor, origin }
  if (reason === 'refresh-token-reused') await events.append(tx, { ...event, type: 'session.reuse-detected' })
  await events.append(tx, { ...event, type: 'session.ended', reason })
  return ended
}

// The last thing that a transaction does: whoever follows the feed waits for ids that are missing, but not for long
// (revocations.ts).
function revoke(tx: Db, ended: readonly EndedSession[], now: number): void {
  const living = ended.filter(({ expiresAt }) => expiresAt > now - TOLERANCE_MS)
  if (living.length > 0) beforeCommit(tx, () => insertRevocations(tx, living, now))
}
