/** How long a session and its tokens live. Pure; times in milliseconds since the epoch. */

export type Lifetimes = {
  accessTokenSeconds: number
  /** How long a session lives without being refreshed: the lifetime of a refresh token. */
  sessionIdleSeconds: number
  /** How long it lives however often it is refreshed. */
  sessionAbsoluteSeconds: number
  refreshGraceSeconds: number
}

/** When a session is over, whatever happens (NIST SP 800-63B-4 §5.2). */
export function lastEndOf(openedAt: number, { sessionAbsoluteSeconds }: Lifetimes): number {
  return openedAt + sessionAbsoluteSeconds * 1000
}

/** When a session ends unless it is refreshed before. The setting may have been shortened since it was opened. */
export function endOf({ openedAt, expiresAt }: { openedAt: number; expiresAt: number }, lifetimes: Lifetimes): number {
  return Math.min(expiresAt, lastEndOf(openedAt, lifetimes))
}

/** When the tokens end that a session is given at `now`: no token outlives its session. */
export function tokenEndsOf(now: number, openedAt: number, lifetimes: Lifetimes) {
  const { accessTokenSeconds, sessionIdleSeconds, refreshGraceSeconds } = lifetimes
  const expiresAt = Math.min(now + sessionIdleSeconds * 1000, lastEndOf(openedAt, lifetimes))
  return {
    expiresAt,
    // A repeat within the grace window gets an access token that was minted later.
    accessExpiresAt: Math.min(now + (accessTokenSeconds + refreshGraceSeconds) * 1000, expiresAt),
  }
}
