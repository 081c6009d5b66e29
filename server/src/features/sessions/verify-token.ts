import type { TokenType } from '../../../../contract/claims.ts'
import { type Clock, secondsOf } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Users } from '../users/users.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { ReadToken, TokenReader } from './read-token.ts'
import type { Revocations } from './revocations.ts'
import { decideRotation } from './rotation.ts'
import type { Authenticated } from './session.ts'
import { findSession } from './store.ts'
import { tokenRefused } from './token-refusal.ts'

export type VerifyDeps = {
  database: Database
  clock: Clock
  users: Users
  revocations: Revocations
  lifetimes: Lifetimes
  reader: TokenReader
}

const CLOCK_SKEW_SECONDS = 30 // a token from the old service's machine may seem to come from the future

/**
 * Reads a token and checks what time and type decide: the part that needs no database.
 *
 * @param accepted token types that the caller takes
 * @throws Refusal 'token-refused'
 */
export function readLiveToken(deps: VerifyDeps, token: string, accepted: TokenType | 'any'): ReadToken {
  const read = deps.reader.read(token)
  if (!isWithinTimes(read, deps.clock)) throw tokenRefused('invalid')
  if (accepted !== 'any' && read.tokenType !== accepted) throw tokenRefused('wrong-type')
  return read
}

/** The same for one that must name a session. @throws Refusal 'token-refused' */
export function readSessionToken(
  deps: VerifyDeps,
  token: string,
  accepted: TokenType,
): ReadToken & { sessionId: string } {
  const { sessionId, ...read } = readLiveToken(deps, token, accepted)
  if (sessionId === undefined) throw tokenRefused('invalid')
  return { ...read, sessionId }
}

/** RFC 7519 §4.1.4, §4.1.6. */
export function isWithinTimes({ expiresAt, issuedAt }: ReadToken, clock: Clock): boolean {
  const now = secondsOf(clock.now())
  return expiresAt > now && issuedAt <= now + CLOCK_SKEW_SECONDS
}

/**
 * Whether a token is good now: signature, times, type, and that its session lives and its user may sign in. An access token
 * of ours is answered from memory; everything else asks the database. Returns a promise only when it has to.
 *
 * @throws Refusal 'token-refused', 'database-unavailable'
 */
export function verifyToken(deps: VerifyDeps, token: string, accepted: TokenType | 'any'): undefined | Promise<void> {
  const read = readLiveToken(deps, token, accepted)
  if (read.tokenType === 'access' && read.sessionId !== undefined) {
    // Disabling or erasing a user ends the sessions in the same transaction: the feed tells that too.
    if (deps.revocations.has(read.sessionId)) throw tokenRefused('ended')
    return undefined
  }
  return read.sessionId === undefined ? confirmUser(deps, read) : confirmRefreshToken(deps, read, read.sessionId)
}

/**
 * Whether an access token of ours is good now, as far as memory tells: false for one that nobody has shown here before.
 *
 * @throws Refusal 'database-unavailable'
 */
export function isKnownGood(
  { reader, clock, revocations }: VerifyDeps,
  token: string,
  accepted: TokenType | 'any',
): boolean {
  const read = reader.recall(token)
  if (read?.sessionId === undefined || !isWithinTimes(read, clock)) return false
  return accepted !== 'refresh' && !revocations.has(read.sessionId)
}

/**
 * Who an access token speaks for, the token being good now.
 *
 * @throws Refusal 'token-refused', 'database-unavailable'
 */
export async function authenticate(deps: VerifyDeps, token: string): Promise<Authenticated> {
  await verifyToken(deps, token, 'access')
  const { userId, sessionId, expiresAt, amr, acr, authTime } = deps.reader.read(token)
  return { userId, sessionId, expiresAt, amr, acr, authTime }
}

/** Of a token of the old service, which names no session and was given for the password alone. */
async function confirmUser({ users }: VerifyDeps, { userId, issuedAt }: ReadToken): Promise<void> {
  const user = await users.find(userId)
  const wasEnded = issuedAt * 1000 < (user?.sessionsEndedAt ?? 0)
  if (!user?.isEnabled || user.hasSecondFactor || wasEnded) throw tokenRefused('ended')
}

async function confirmRefreshToken(deps: VerifyDeps, read: ReadToken, sessionId: string): Promise<void> {
  const session = await findSession(deps.database.db, sessionId)
  if (!session && read.isLegacy) return confirmUser(deps, read)
  const decision = session && decideRotation(session, read.tokenId, deps.clock.now(), deps.lifetimes)
  // Only the current one is good. Showing an older one here does not end the session: verify only looks.
  if (decision !== 'rotate') throw tokenRefused('ended')
}
