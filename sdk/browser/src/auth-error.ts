export type AuthErrorCode =
  /** E-mail address and password do not belong together, or the user may not sign in. */
  | 'wrong-credentials'
  /** The password is right, and a second factor must follow: `mfaToken` and `methods` say how. */
  | 'mfa-required'
  /** The second factor is not right, or was used before: another try may follow with the same `mfaToken`. */
  | 'second-factor-refused'
  /** The sign-in took too long, or too many tries, or is finished: begin with the password again. */
  | 'mfa-token-refused'
  /** The service refuses what was given: `fields` has its sentences. */
  | 'fields-refused'
  /** There was no answer: no network, or it broke. */
  | 'offline'
  /** The service is there and cannot answer now, or something on the way answered in its place. */
  | 'unavailable'
  /** Another user signed in, or this one out, while the request waited for a token: it was not sent. */
  | 'session-changed'

type Facts = {
  readonly cause?: unknown
  readonly fields?: Readonly<Record<string, readonly string[]>>
  readonly retryAfterSeconds?: number | undefined
  readonly mfaToken?: string
  readonly methods?: readonly MfaMethod[]
}

/** What can finish a sign-in. */
export type MfaMethod = 'passkey' | 'totp' | 'recovery_code'

const messages: Readonly<Record<AuthErrorCode, string>> = {
  'wrong-credentials': 'The e-mail address and the password do not belong together, or the user may not sign in.',
  'mfa-required': 'The password is right, and a second factor must follow.',
  'second-factor-refused': 'The second factor is not right, or was used before.',
  'mfa-token-refused': 'The sign-in took too long, or too many tries: it must begin again.',
  'fields-refused': 'The service refuses what was given.',
  offline: 'The service did not answer.',
  unavailable: 'The service cannot answer at the moment.',
  'session-changed': 'The session changed while the request waited: it was not sent.',
}

/** Everything that this package refuses or fails with, by `code`. Mistakes of the calling program are TypeErrors. */
export class AuthError extends Error {
  readonly code: AuthErrorCode
  /** Sentences of the service by the name of the field, as `email` or `password`. */
  readonly fields: Readonly<Record<string, readonly string[]>>
  /** After how many seconds the service wants to be asked again, where it said so. */
  readonly retryAfterSeconds: number | undefined

  /** Of `mfa-required`: what `finishLogin` takes. It opens nothing else. */
  readonly mfaToken: string | undefined
  /** Of `mfa-required`: which factors the user has. Empty otherwise. */
  readonly methods: readonly MfaMethod[]

  constructor(code: AuthErrorCode, { cause, fields = {}, retryAfterSeconds, mfaToken, methods = [] }: Facts = {}) {
    super(messages[code], { cause })
    this.name = 'AuthError'
    this.code = code
    this.fields = fields
    this.retryAfterSeconds = retryAfterSeconds
    this.mfaToken = mfaToken
    this.methods = methods
  }
}
