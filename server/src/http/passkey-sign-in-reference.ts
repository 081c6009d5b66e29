/** What the routes of signing in with a passkey say about themselves. */
import { type Operation, problemAnswer, type RouteReference } from './route-reference.ts'

const away = problemAnswer('The database does not answer at the moment.', 'database-unavailable')
const unreadable = problemAnswer('The body is not as it must be; `errors` says where.', 'malformed-request')
const noJson = problemAnswer('The body is not JSON.', 'unsupported-media-type')
const throttled = problemAnswer('Too much was tried from this network.', 'too-many-requests', 'challenge-required')
const token = { type: 'string' } as const

const options = {
  description:
    'Options for `navigator.credentials.get()`: `PublicKeyCredential.parseRequestOptionsFromJSON()` reads them.',
  schema: {
    $id: 'PasskeyRequestOptions',
    type: 'object',
    required: ['challenge', 'rpId', 'timeout', 'userVerification', 'allowCredentials'],
    properties: {
      challenge: { type: 'string' },
      rpId: { type: 'string' },
      timeout: { type: 'integer', description: 'Milliseconds.' },
      userVerification: { const: 'required' },
      allowCredentials: { type: 'array', items: { type: 'object' } },
    },
  },
} as const

export const startPasskeySignIn: RouteReference = {
  kind: 'operation',
  id: 'startPasskeySignIn',
  group: 'Sign-in',
  summary: 'Begin to sign in with a passkey',
  description:
    'Nobody is named: the authenticator offers the passkeys that it has. The challenge is good once, for five minutes.',
  answers: { 200: options, 429: throttled, 503: away },
}

export const passkeySignIn = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'passkeySignIn',
  group: 'Sign-in',
  summary: 'Sign in with a passkey',
  description: 'A passkey has verified its user: it is two factors, and nothing more is asked for.',
  body,
  answers: {
    200: {
      description: 'Signed in.',
      schema: { type: 'object', required: ['refresh', 'access'], properties: { refresh: token, access: token } },
    },
    400: unreadable,
    401: problemAnswer(
      'The answer of the passkey is not right, or its user may not sign in: one answer for both. `passkey-unknown`: nobody has it (any more).',
      'wrong-credentials',
      'passkey-unknown',
    ),
    415: noJson,
    429: throttled,
    503: away,
  },
})

export const startPasskeyFactor = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'startPasskeyFactor',
  group: 'Sign-in',
  summary: 'Begin to use a passkey as the second factor',
  description: 'The answer of the authenticator goes to `POST /api/login/mfa/` as `credential`.',
  body,
  answers: {
    200: options,
    400: unreadable,
    401: problemAnswer('The sign-in has expired, is finished, or was never begun.', 'mfa-token-refused'),
    415: noJson,
    429: throttled,
    503: away,
  },
})
