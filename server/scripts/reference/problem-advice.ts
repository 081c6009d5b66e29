import type { RefusalCode } from '../../../contract/problems.ts'

/** What whoever is refused can do, code by code. */
export const problemAdvice: Readonly<Record<RefusalCode, string>> = {
  'wrong-credentials':
    'Ask for the address and the password again. The answer is the same for a wrong password, an unknown address and a disabled user, so that nobody learns who is registered.',
  'mfa-required':
    'Ask for one of `methods`, and send it with `mfa_token` to `POST /api/login/mfa/` within ten minutes.',
  'mfa-token-refused': 'Begin the sign-in again.',
  'second-factor-refused':
    'Let the person try again, with the next code or another method: the same `mfa_token` has five tries in all.',
  'proof-refused': 'Let the person try again: with the next code, or with another method.',
  'registration-closed': 'Ask those who run the service for an account. For operators: `REGISTRATION`.',
  'mail-code-refused':
    'Read the code of the latest mail again; `reason` says whether another mail is needed: it has `wrong`, `expired`, `used` or `too-many-tries`.',
  'identifier-taken': 'Sign in instead, or register with another address. Case does not make another address.',
  'password-refused': 'Choose another password; `reasons` says in sentences what is wrong with this one.',
  'token-missing': 'Sign in, and send the access token as `Authorization: Bearer …`: once, and in no other place.',
  'token-refused':
    'Refresh the session if it was an access token; sign in again if it was a refresh token. Trying the same token again does not help.',
  'step-up-required':
    'Let the person prove again who they are: as `acr_values` and `max_age` of the `WWW-Authenticate` header ask (RFC 9470). Then send the same request again; the same access token will do. Where two factors are asked for, a code by mail is none of them: whoever has no password sets one first, by `POST /api/password/forgot`.',
  'not-permitted':
    'Ask somebody who holds the permission. What a role holds is at `/api/admin/roles`. Where `reasons` says that nobody does it to themselves, another operator must; an account of one’s own is left by `DELETE /api/account`.',
  conflict: 'Read the thing again, and repeat the change if it is still wanted.',
  'user-unknown': 'Check the id or the address. Answered to operators only, never to whoever signs in.',
  'too-many-requests':
    'Wait the seconds in `Retry-After`. Who signed in before from the same browser or the same network is not slowed by the guesses of others. For operators: `docs/how-to/limits.md`.',
  'challenge-required':
    'Ask `GET /api/challenge` with the `purpose` of the answer, solve what it gives, and send the solution as `challenge` beside the other fields. `reason` says what was wrong with one that was sent: each counts once, for ten minutes.',
  'totp-code-refused':
    'Wait for the next code of the app, and send that. If none is ever right, the clock of the phone is wrong: let it set its time by itself.',
  'enrolment-expired': 'Begin again, and finish within ten minutes, from the same session.',
  'challenge-refused': 'Begin the ceremony again: a challenge is good for five minutes and for one answer.',
  'passkey-refused':
    'Begin again. If it happens each time: the page must come from an origin that the service knows (`PUBLIC_URL`, `WEBAUTHN_RELATED_ORIGINS`), not within a frame, and the authenticator must verify its user.',
  'passkey-unknown':
    'Tell the authenticator, which offers it no longer then: `PublicKeyCredential.signalUnknownCredential({ rpId, credentialId })`. Then let the person sign in otherwise.',
  'passkey-taken': 'Nothing is to be done: sign in with it. If it is in another account, remove it there first.',
  'too-many-passkeys': 'Remove one that is not used any more.',
  'second-factor-missing': 'Add an app for codes or a passkey first.',
  'too-many-webhooks': 'Remove one that is not used any more, or let one receiver pass events on.',
  'last-way-in': 'Set a password or add another passkey first.',
  'too-busy':
    'Try again after the seconds in `Retry-After`. If it happens often: more cores, or a longer `HASH_QUEUE` if people would rather wait.',
  'database-unavailable':
    'Try again after the seconds in `Retry-After`. A change may have been made before the connection broke: refreshing again with the same token is safe within `REFRESH_GRACE_SECONDS`, registering again says that the address is taken. For operators: `docs/runbooks/database-away.md`.',
  'mail-not-configured':
    'Nothing that a client can do. For operators: set `SMTP_URL` and `MAIL_FROM` (`docs/how-to/send-mail.md`).',
  'not-found': 'Check the address. `/docs` lists what there is.',
  'method-not-allowed': 'Use a method that the `Allow` header names.',
  'malformed-request': 'Correct the request; the body says what could not be read.',
  'unsupported-media-type':
    'Send `application/json`, `application/x-www-form-urlencoded` or `multipart/form-data`, and say so in `Content-Type`.',
  'body-too-large': 'Send less. Nothing here needs a body that large.',
  'headers-too-large': 'Send fewer or shorter headers; large cookies are the usual reason.',
  'request-timeout': 'Send the whole request within 30 seconds.',
  'shutting-down': 'Try again: another process answers. Load balancers see it at `/readyz` and stop sending requests.',
}
