/**
 * Refusal codes: the closed list of reasons for which the service says no. Each code is documented at
 * `/docs/problems#<code>`; doors turn a code into their dialect (RFC 9457 problem details, the legacy bodies).
 */
export const refusalCodes = {
  'wrong-credentials': 'The e-mail address and the password do not belong together, or the user may not sign in.',
  'mfa-required': 'The first factor is right; another one must follow.',
  'mfa-token-refused': 'The sign-in that this token was given for has expired, is finished, or had too many tries.',
  'second-factor-refused': 'The second factor is not right, or was used before.',
  'proof-refused': 'The proof is not right, or was used before.',
  'registration-closed': 'Nobody can register here by themselves.',
  'mail-code-refused': 'The code or the link is wrong, has expired, was used, or was tried too often.',
  'identifier-taken': 'A user with this e-mail address exists already.',
  'password-refused': 'The password does not meet the password policy.',
  'token-missing': 'This needs an access token in the Authorization header.',
  'token-refused': 'The token is malformed, expired, of the wrong type, or its session has ended.',
  'step-up-required': 'The session was proven too long ago, or not strongly enough, for this.',
  'not-permitted':
    'The caller lacks the permission for this, or it would reach above what the caller holds, or is for another to do.',
  conflict: 'Somebody else changed the same thing at the same time. Look again.',
  'user-unknown': 'There is no such user.',
  'too-many-requests': 'This was tried too often. Try again after the time given.',
  'challenge-required': 'A challenge must be solved first: `GET /api/challenge` gives one.',
  'totp-code-refused': 'The code is not the one that the app shows now, or it was used before.',
  'enrolment-expired': 'No enrolment waits in this session: it has expired or ended, or was never begun.',
  'challenge-refused': 'The challenge was not issued for this, has expired, or was used before.',
  'passkey-refused': 'What the authenticator sent is not what was asked for.',
  'passkey-unknown': 'Nobody has this passkey (any more).',
  'passkey-taken': 'This passkey is registered already.',
  'too-many-passkeys': 'The user has as many passkeys as there may be.',
  'second-factor-missing': 'Recovery codes are for users who have an app for codes or a passkey.',
  'too-many-webhooks': 'There are as many webhooks as there may be.',
  'last-way-in': 'This is the last credential that the user can sign in with.',
  'too-busy': 'More work is waiting than can be done soon. Try again after the time given.',
  'database-unavailable': 'The database does not answer at the moment. Whether a change was made is not known.',
  'mail-not-configured': 'This needs mail, and the service has none.',
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
