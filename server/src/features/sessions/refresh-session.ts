import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { type EndDeps, endOne } from './end-session.ts'
import { adoptLegacySession } from './legacy-session.ts'
import type { Mint } from './mint-tokens.ts'
import { endsOf } from './open-session.ts'
import type { ReadToken } from './read-token.ts'
import { decideRotation } from './rotation.ts'
import type { Session, TokenPair } from './session.ts'
import { findSession, rotateSession } from './store.ts'
import { tokenRefused } from './token-refusal.ts'

export type RefreshDeps = EndDeps & { mint: Mint; sealer: Sealer }

type RefreshToken = ReadToken & { sessionId: string }

const ROUNDS = 5 // each lost round means that another request rotated the session meanwhile

/**
 * Rotates the session of a refresh token whose signature, type and expiry are checked. One conditional update decides who
 * wins; a repeat of the direct parent within the grace window is given the same successor; anything older ends the session.
 *
 * @throws Refusal 'token-refused'
 */
export async function refreshSession(deps: RefreshDeps, token: RefreshToken): Promise<TokenPair> {
  for (let round = 1; round <= ROUNDS; round++) {
    const rotated = await rotate(deps, token)
    if (rotated) return rotated
    const session = (await findSession(deps.database.db, token.sessionId)) ?? (await adoptLegacySession(deps, token))
    const answer = session && (await answerLoser(deps, token, session))
    if (!answer) throw tokenRefused('ended')
    if (answer !== 'again') return answer
  }
  throw tokenRefused('ended')
}

async function rotate(deps: RefreshDeps, token: RefreshToken): Promise<TokenPair | undefined> {
  const { database, clock, mint, sealer, lifetimes } = deps
  const now = clock.now()
  const grant = { sessionId: token.sessionId, userId: token.userId, now }
  const successorId = randomId()
  const refresh = mint.refreshToken({ ...grant, tokenId: successorId })
  const rotation = {
    sessionId: token.sessionId,
    tokenId: token.tokenId,
    successorId,
    successorSealed: sealer.seal(Buffer.from(refresh), contextOf(token.sessionId)),
    now,
    ...endsOf(now, lifetimes),
  }
  const isWon = await database.statement((db) => rotateSession(db, rotation))
  return isWon ? { access: mint.accessToken(grant), refresh } : undefined
}

async function answerLoser(
  deps: RefreshDeps,
  token: RefreshToken,
  session: Session,
): Promise<TokenPair | 'again' | undefined> {
  const { clock, mint, lifetimes } = deps
  const now = clock.now()
  switch (decideRotation(session, token.tokenId, now, lifetimes.refreshGraceSeconds)) {
    case 'rotate':
      return 'again'
    case 'repeat':
      return {
        access: mint.accessToken({ sessionId: session.id, userId: session.userId, now }),
        refresh: openSuccessor(deps, session),
      }
    case 'reuse':
      await endOne(deps, session.id, 'refresh-token-reused')
      return undefined
    case 'ended':
    case 'expired':
      return undefined
  }
}

// To the letter the same token; where the seal is another SECRET_KEY's, the same claims signed again.
function openSuccessor({ sealer, mint }: RefreshDeps, session: Session): string {
  if (session.successorSealed === null || session.rotatedAt === null) throw new TypeError('no rotated session')
  if (sealer.canOpen(session.successorSealed)) {
    return sealer.open(session.successorSealed, contextOf(session.id)).toString()
  }
  const { id: sessionId, userId, currentTokenId: tokenId, rotatedAt: now } = session
  return mint.refreshToken({ sessionId, userId, tokenId, now })
}

const contextOf = (sessionId: string) => `session:${sessionId}`
