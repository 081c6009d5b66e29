import type { Origin } from '../../platform/origin.ts'

/** A session: one signed-in browser or device, with a beginning and an end. */
export type Session = {
  id: string
  userId: number
  /** Milliseconds since the epoch, as all times here. */
  openedAt: number
  lastUsedAt: number
  expiresAt: number
  accessExpiresAt: number
  currentTokenId: string
  parentTokenId: string | null
  rotatedAt: number | null
  successorSealed: string | null
  endedAt: number | null
}

/** A session as its person may see it. */
export type SessionView = Pick<Session, 'id' | 'openedAt' | 'lastUsedAt' | 'expiresAt'> & Origin

/** Why a session ended before it expired. */
export type EndReason =
  | 'logout'
  | 'ended-by-user'
  | 'refresh-token-reused'
  | 'user-disabled'
  | 'user-erased'
  | 'key-compromised'
  | 'imported-as-ended'

/** An ended session, and until when tokens of it could still be shown. */
export type EndedSession = { sessionId: string; expiresAt: number }

/** Whom an access token speaks for. A token of the old service names no session. */
export type Authenticated = {
  userId: number
  sessionId: string | undefined
  /** When the token expires, in seconds since the epoch. */
  expiresAt: number
}

export type TokenPair = { access: string; refresh: string }

export type Lifetimes = {
  accessTokenSeconds: number
  refreshTokenSeconds: number
  refreshGraceSeconds: number
}
