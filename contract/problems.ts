/**
 * Refusal codes: the closed list of reasons for which the service says no. Each code is documented at
 * `/docs/problems#<code>`; doors turn a code into their dialect (RFC 9457 problem details, the legacy bodies).
 */
export const refusalCodes = {
  'wrong-credentials': 'The e-mail address and the password do not belong together, or the user may not sign in.',
  'identifier-taken': 'A user with this e-mail address exists already.',
  'password-refused': 'The password does not meet the password policy.',
  'token-missing': 'This needs an access token in the Authorization header.',
  'token-refused': 'The token is malformed, expired, of the wrong type, or its session has ended.',
  'step-up-required': 'The session was proven too long ago, or not strongly enough, for this.',
  'not-permitted': 'The caller lacks the permission for this, or it would reach above what the caller holds.',
  conflict: 'Somebody else changed the same thing at the same time. Look again.',
  'user-unknown': 'There is no such user.',
  'too-busy': 'More work is waiting than can be done soon. Try again after the time given.',
  'database-unavailable': 'The database does not answer at the moment. Whether a change was made is not known.',
  'not-found': 'There is nothing at this address.',
  'method-not-allowed': 'This address does not take this method.',
  'malformed-request': 'The request could not be read.',
  'unsupported-media-type': 'The body has a content type that is not understood here.',
  'body-too-large': 'The body is larger than 64 KiB.',
  'headers-too-large': 'The header section is too large.',
  'request-timeout': 'The request did not arrive completely in time.',
  'shutting-down': 'This process is ending. Try again.',
} as const

export type RefusalCode = keyof typeof refusalCodes
