import { endOf, type Lifetimes } from './lifetimes.ts'
import type { Session } from './session.ts'

export type RotationDecision = 'rotate' | 'repeat' | 'reuse' | 'ended' | 'expired'

type Facts = Pick<Session, 'currentTokenId' | 'parentTokenId' | 'rotatedAt' | 'endedAt' | 'openedAt' | 'expiresAt'>

/**
 * What a refresh token may still do.
 *
 * - `rotate`: it is the current one.
 * - `repeat`: it is the direct parent of the current one, within the grace window: the client lost the answer, or two tabs
 *   raced. It gets the same successor again.
 * - `reuse`: it is older than that. Somebody else may hold it: the session ends (RFC 9700 §4.14.2; RFC 6819 §5.2.2.3).
 * - `ended`, `expired`: nothing. It expires when it was not refreshed for too long, and at the end of its absolute lifetime.
 *
 * @param tokenId the `jti` of the refresh token shown, its signature, type and expiry checked
 * @param now milliseconds since the epoch
 */
export function decideRotation(session: Facts, tokenId: string, now: number, lifetimes: Lifetimes): RotationDecision {
  if (session.endedAt !== null) return 'ended'
  if (endOf(session, lifetimes) <= now) return 'expired'
  if (tokenId === session.currentTokenId) return 'rotate'
  if (tokenId !== session.parentTokenId || session.rotatedAt === null) return 'reuse'
  return now - session.rotatedAt <= lifetimes.refreshGraceSeconds * 1000 ? 'repeat' : 'reuse'
}
