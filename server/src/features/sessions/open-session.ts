import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import type { Mint } from './mint-tokens.ts'
import type { Lifetimes, Session, TokenPair } from './session.ts'
import { insertSession } from './store.ts'

/** When the tokens of a session end that is opened or rotated at `now` (milliseconds). */
export function endsOf(now: number, lifetimes: Lifetimes): Pick<Session, 'expiresAt' | 'accessExpiresAt'> {
  return {
    expiresAt: now + lifetimes.refreshTokenSeconds * 1000,
    // A repeat within the grace window gets an access token that was minted later.
    accessExpiresAt: now + (lifetimes.accessTokenSeconds + lifetimes.refreshGraceSeconds) * 1000,
  }
}

/** Opens a session in the caller's transaction, which must hold the user's row: a disabled user has no session. */
export async function openSession(
  deps: { clock: Clock; lifetimes: Lifetimes },
  tx: Db,
  userId: number,
  origin: Origin,
): Promise<Session> {
  const now = deps.clock.now()
  const session: Session = {
    id: randomId(),
    userId,
    openedAt: now,
    lastUsedAt: now,
    ...endsOf(now, deps.lifetimes),
    currentTokenId: randomId(),
    parentTokenId: null,
    rotatedAt: null,
    successorSealed: null,
    endedAt: null,
  }
  await insertSession(tx, session, origin)
  return session
}

/** The first tokens of a session. Call after the commit. */
export function mintFirstTokens(mint: Mint, session: Session): TokenPair {
  const grant = { sessionId: session.id, userId: session.userId, now: session.openedAt }
  return { access: mint.accessToken(grant), refresh: mint.refreshToken({ ...grant, tokenId: session.currentTokenId }) }
}
