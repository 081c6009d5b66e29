/** Claims of the tokens that this service signs: what clients and resource servers may rely on. */
import type { StatusClaim } from './status-list.ts'

export type TokenType = 'access' | 'refresh'

/**
 * What a person may have proven in a sign-in: the words of RFC 8176 §2, and `email`, which that registry lacks. An e-mailed
 * code is not an `otp`: whoever reads the mailbox has it (NIST SP 800-63B-4 §3.1.3.1).
 */
export const authMethods = {
  pwd: 'A password.',
  otp: 'A one-time password of an authenticator, or a recovery code.',
  hwk: 'A key that its hardware does not give away.',
  swk: 'A key that is kept in software, such as a passkey that a provider synchronizes.',
  pop: 'A key, wherever it is kept.',
  user: 'Somebody was there and touched the authenticator.',
  mfa: 'Two factors at once: the authenticator checked who was there before it used its key.',
  email: 'A code that was sent to the e-mail address.',
} as const

export type AuthMethod = keyof typeof authMethods

/** Authentication class (OpenID Connect Core 1.0 §2, `acr`): the assurance levels of NIST SP 800-63B-4 §2, weakest first. */
export const authClasses = ['aal1', 'aal2'] as const

export type AuthClass = (typeof authClasses)[number]

/** What a session's row said when a refresh token was signed. Times are milliseconds since the epoch. */
export type SessionFacts = {
  openedAt: number
  amr: readonly AuthMethod[]
  acr: AuthClass
  authenticatedAt: number
  statusIndex: number | null
  /** Of the user, and what they hold through them; absent where there are none. */
  roles?: readonly string[]
  permissions?: readonly string[]
  /** While the row names the same number, all of this is still so. */
  claimsVersion: number
}

/**
 * Claims of an access or refresh token (RFC 7519 §4.1). Times are whole seconds since the epoch.
 * `user_id` and `token_type` are what the clients of the old service read.
 */
export type TokenClaims = {
  token_type: TokenType
  /** The token's own id: 32 hexadecimal characters. */
  jti: string
  iat: number
  exp: number
  /** Issuer: the service's public address. */
  iss: string
  /** Audience. */
  aud: string
  /** Subject: the user's id as text. */
  sub: string
  /** The same id as an integer. */
  user_id: number
  /** The session that the token belongs to: 32 hexadecimal characters. It ends, the token ends. */
  sid: string
  /**
   * How and when the person proved who they are, in access tokens (RFC 9068 §2.2.1). All three are absent where that is not
   * known: from sessions of the old service, and of earlier releases.
   */
  amr?: readonly AuthMethod[]
  acr?: AuthClass
  /** Since when `acr` holds, in seconds since the epoch. */
  auth_time?: number
  /**
   * Names of the user's roles (RFC 9068 §2.2.3.1), and the permissions that are in them, in access tokens; absent where there are
   * none, or more than 2,000 characters of them, or more than fits into a token of 8,192 characters beside its signature. A change is in the tokens of the next refresh.
   */
  roles?: readonly string[]
  permissions?: readonly string[]
  /** Where verifiers that follow the Token Status List see whether the session has ended. In access tokens. */
  status?: StatusClaim
  /** In refresh tokens, for this service alone: with it a refresh need not read the row before it changes it. */
  facts?: SessionFacts
  /**
   * In refresh tokens, for this service alone: HMAC-SHA-256 of all the claims before it. It tells at a twentieth of the cost of the
   * signature whether the token is worth a question to the database.
   */
  mac?: string
}
