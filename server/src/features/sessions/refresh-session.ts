import type { Origin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Keys } from '../keys/keys.ts'
import type { Held, Roles } from '../roles/roles.ts'
import { type EndDeps, endReused } from './end-session.ts'
import { adoptLegacySession } from './legacy-session.ts'
import { lastEndOf, tokenEndsOf } from './lifetimes.ts'
import type { Grantee, Mint } from './mint-tokens.ts'
import { readOwnRefreshToken, textHashOf } from './own-refresh-token.ts'
import type { ReadToken } from './read-token.ts'
import type { RotateUnverified } from './rotate-together.ts'
import { decideRotation } from './rotation.ts'
import { type Rotation, rotateSession } from './rotation-store.ts'
import type { Session, TokenPair } from './session.ts'
import { findSession } from './store.ts'
import { tokenRefused } from './token-refusal.ts'
import { isWithinTimes, readSessionToken, type VerifyDeps } from './verify-token.ts'

export type RefreshDeps = EndDeps &
  VerifyDeps & {
    mint: Mint
    sealer: Sealer
    roles: Roles
    keys: Pick<Keys, 'findKey'>
    rotateUnverified: RotateUnverified
    issuer: string
    audience: string
  }

type RefreshToken = ReadToken & { sessionId: string }

const ROUNDS = 5 // each lost round means that another request rotated the session meanwhile

/**
 * Rotates the session of a refresh token. One conditional update decides who wins; a repeat of the direct parent within the
 * grace window is given the same successor; anything older ends the session.
 *
 * @throws Refusal 'token-refused'
 */
export async function refreshSession(deps: RefreshDeps, token: string, origin: Origin): Promise<TokenPair> {
  return (await rotateUnread(deps, token)) ?? refreshByRow(deps, readSessionToken(deps, token, 'refresh'), origin)
}

/**
 * The ordinary case, in one statement. The token says what the row said when it was signed, and the update takes effect only
 * where the row names the hash of this very text and says nothing else by now: that nobody else has made it needs no look at
 * its signature, which would cost more than all the rest. Undefined: the signature has to be checked and the row read.
 */
async function rotateUnread(deps: RefreshDeps, text: string): Promise<TokenPair | undefined> {
  const token = readOwnRefreshToken(deps, text)
  if (token?.sessionId === undefined || !token.facts || !isWithinTimes(token, deps.clock)) return undefined
  const { facts, sessionId, tokenId, userId } = token
  const now = deps.clock.now()
  if (lastEndOf(facts.openedAt, deps.lifetimes) <= now) return undefined
  const { roles = [], permissions = [], ...rest } = facts
  const session = { ...rest, id: sessionId, userId, currentTokenId: tokenId, held: { roles, permissions } }
  const tokenHash = textHashOf(text)
  return rotate(deps, session, now, (rotation) => deps.rotateUnverified({ ...rotation, tokenHash }))
}

async function refreshByRow(deps: RefreshDeps, token: RefreshToken, origin: Origin): Promise<TokenPair> {
  for (let round = 1; round <= ROUNDS; round++) {
    const session = (await findSession(deps.database.db, token.sessionId)) ?? (await adoptLegacySession(deps, token))
    const answer = session && (await answerTo(deps, token, session, origin))
    if (!answer) throw tokenRefused('ended')
    if (answer !== 'again') return answer
  }
  throw tokenRefused('ended')
}

async function answerTo(
  deps: RefreshDeps,
  { tokenId }: RefreshToken,
  session: Session,
  origin: Origin,
): Promise<TokenPair | 'again' | undefined> {
  const now = deps.clock.now()
  switch (decideRotation(session, tokenId, now, deps.lifetimes)) {
    case 'rotate':
      // Read after the row: whoever changes it counts the row's claims on, and the rotation below is lost.
      return (await rotate(deps, { ...session, held: await heldBy(deps, session) }, now)) ?? 'again'
    case 'repeat':
      return repeat(deps, { ...session, held: await heldBy(deps, session) }, now)
    case 'reuse':
      await endReused(deps, session.id, origin)
      return undefined
    case 'ended':
    case 'expired':
      return undefined
  }
}

const heldBy = ({ roles }: RefreshDeps, { userId }: Session): Promise<Held> => roles.heldBy(userId)

type Rotating = Grantee & Pick<Session, 'currentTokenId'>

/** Undefined: another request was first, or the session has ended or expired, or its claims have changed meanwhile. */
async function rotate(
  deps: RefreshDeps,
  session: Rotating,
  now: number,
  update = (rotation: Rotation) => deps.database.statement((db) => rotateSession(db, rotation)),
): Promise<TokenPair | undefined> {
  const { mint, sealer, lifetimes } = deps
  const successorId = randomId()
  const refresh = mint.refreshToken(session, successorId, now)
  const rotation: Rotation = {
    sessionId: session.id,
    tokenId: session.currentTokenId,
    claimsVersion: session.claimsVersion,
    successorId,
    successorHash: textHashOf(refresh),
    successorSealed: sealer.seal(Buffer.from(refresh), contextOf(session.id)),
    now,
    ...tokenEndsOf(now, session.openedAt, lifetimes),
  }
  const isWon = await update(rotation)
  return isWon ? { access: mint.accessToken(session, now), refresh } : undefined
}

// To the letter the same refresh token; where the seal is another SECRET_KEY's, the same claims signed again.
function repeat({ sealer, mint }: RefreshDeps, session: Session & Grantee, now: number): TokenPair {
  const { id, currentTokenId, rotatedAt, successorSealed } = session
  if (successorSealed === null || rotatedAt === null) throw new TypeError('no rotated session')
  const refresh = sealer.canOpen(successorSealed)
    ? sealer.open(successorSealed, contextOf(id)).toString()
    : mint.refreshToken(session, currentTokenId, rotatedAt)
  return { access: mint.accessToken(session, now, rotatedAt), refresh }
}

/** What a successor is sealed for. */
export const contextOf = (sessionId: string) => `session:${sessionId}`
