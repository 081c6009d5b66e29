import type { Clock } from '../../platform/clock.ts'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database } from '../../platform/db.ts'
import type { Users } from '../users/users.ts'
import { acrOf } from './assurance.ts'
import type { ReadToken } from './read-token.ts'
import type { Session } from './session.ts'
import type { StatusIndexes } from './status-index.ts'
import { findSession, insertSession } from './store.ts'

type LegacyDeps = { database: Database; clock: Clock; users: Users; statusIndexes: StatusIndexes }

const NO_ORIGIN = { address: null, userAgent: null }

/**
 * The session that a refresh token of the old service stands for, made on its first use here. Undefined: it is a token of
 * ours whose session is gone, or its user may not sign in, or has set up a second factor: the old service asked for none, before
 * that and after (CVE-2026-9091).
 */
export async function adoptLegacySession(
  { database, clock, users, statusIndexes }: LegacyDeps,
  token: ReadToken & { sessionId: string },
): Promise<Session | undefined> {
  if (!token.isLegacy) return undefined
  const now = clock.now()
  const session = legacySession(token, now)
  try {
    const isMade = await database.transaction(async (tx) => {
      if (!(await users.holdEnabled(tx, token.userId, token.issuedAt * 1000, { unlessSecondFactor: true })))
        return false
      session.statusIndex = await statusIndexes.take(tx, now)
      await insertSession(tx, session, NO_ORIGIN)
      return true
    })
    return isMade ? session : undefined
  } catch (error) {
    if (error instanceof UniqueViolation) return findSession(database.db, session.id) // another request was first
    throw error
  }
}

/**
 * A session as the old service would have kept it. Its access tokens name no session, so none are to be revoked; what was
 * proven for it was not kept. Its absolute lifetime begins now: the old service had none, and its tokens are accepted until
 * they expire.
 */
export function legacySession(
  token: Pick<ReadToken, 'userId' | 'tokenId' | 'issuedAt' | 'expiresAt'> & { sessionId: string },
  now: number,
): Session {
  const issuedAt = token.issuedAt * 1000
  const lastUsedAt = issuedAt || now
  return {
    id: token.sessionId,
    userId: token.userId,
    openedAt: now,
    lastUsedAt,
    expiresAt: token.expiresAt * 1000,
    accessExpiresAt: issuedAt,
    currentTokenId: token.tokenId,
    currentTokenHash: null,
    parentTokenId: null,
    rotatedAt: null,
    successorSealed: null,
    endedAt: null,
    amr: [],
    acr: acrOf([]),
    authenticatedAt: lastUsedAt,
    statusIndex: null,
    claimsVersion: 0,
  }
}
