import type { AuthClass, AuthMethod } from '../../../../contract/claims.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Assurance } from './assurance.ts'

/** A session: one signed-in browser or device, with a beginning and an end. */
export type Session = Assurance & {
  id: string
  userId: number
  /** Milliseconds since the epoch, as all times here. */
  openedAt: number
  lastUsedAt: number
  expiresAt: number
  accessExpiresAt: number
  currentTokenId: string
  /** Of the whole text of the current refresh token, SHA-256 in base64url; null where it is not ours. */
  currentTokenHash: string | null
  parentTokenId: string | null
  rotatedAt: number | null
  successorSealed: string | null
  endedAt: number | null
  /** Its bit in the status lists, never another session's; null where it was given none. */
  statusIndex: number | null
  /** Counts the changes of what its tokens say. Whoever changes something of that counts on, in the same transaction. */
  claimsVersion: number
}

/** A session as its person may see it. */
export type SessionView = Pick<Session, 'id' | 'openedAt' | 'lastUsedAt' | 'expiresAt'> &
  Assurance &
  Origin & {
    /** When it is over, however often it is refreshed. */
    endsAt: number
  }

/** An ended session, and until when tokens of it could still be shown. */
export type EndedSession = { sessionId: string; expiresAt: number; statusIndex: number | null }

/** Whom an access token speaks for. A token of the old service names no session. */
export type Authenticated = {
  userId: number
  sessionId: string | undefined
  /** When the token expires, in seconds since the epoch. */
  expiresAt: number
  /** What the token says of how its session was proven; a later step-up is not in it. `isProven` asks the session itself. */
  amr: readonly AuthMethod[]
  acr: AuthClass
  /** Seconds since the epoch; undefined where nothing is known. */
  authTime: number | undefined
}

export type TokenPair = { access: string; refresh: string }
