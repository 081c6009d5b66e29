/** What the five endpoints of the legacy API say about themselves. Departures of theirs: docs/divergences.md. */
import { type Answer, type Operation, problemAnswer, type Schema } from '../route-reference.ts'
import {
  type Field,
  fieldsSchema,
  loginFields,
  logoutFields,
  mfaFields,
  refreshFields,
  registerFields,
  verifyFields,
} from './fields.ts'

const group = 'Sign-in' as const
const mediaTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']

const token: Schema = {
  type: 'string',
  description: 'A JWT (RFC 7519), signed with a key of `/.well-known/jwks.json`.',
}

const SOME_TOKEN = 'eyJhbGciOiJFUzI1NiIs…'

const firstTokensSchema: Schema = {
  $id: 'FirstTokens',
  type: 'object',
  required: ['refresh', 'access'],
  properties: { refresh: token, access: token },
}
const firstTokens = { refresh: SOME_TOKEN, access: SOME_TOKEN }

const mfaRequiredSchema: Schema = {
  $id: 'MfaRequired',
  type: 'object',
  required: ['detail', 'code', 'mfa_token', 'methods'],
  properties: {
    detail: { type: 'string' },
    code: { const: 'mfa_required' },
    mfa_token: { type: 'string' },
    methods: { type: 'array', items: { enum: ['passkey', 'totp', 'recovery_code'] } },
  },
}

const codedDetailSchema: Schema = {
  $id: 'SecondFactorRefusal',
  type: 'object',
  required: ['detail', 'code'],
  properties: { detail: { type: 'string' }, code: { enum: ['second_factor_refused', 'mfa_token_refused'] } },
}

const detailSchema: Schema = {
  $id: 'Detail',
  type: 'object',
  required: ['detail'],
  properties: { detail: { type: 'string', description: 'One sentence for people.' } },
}

const fieldErrorsSchema: Schema = {
  $id: 'FieldErrors',
  type: 'object',
  description:
    'For each wrong field what is wrong with it; under `non_field_errors` what is wrong with the body as a whole.',
  additionalProperties: { type: 'array', items: { type: 'string' }, minItems: 1 },
}

const tokenRefusalSchema: Schema = {
  $id: 'TokenRefusal',
  type: 'object',
  required: ['detail', 'code'],
  properties: { detail: { type: 'string' }, code: { const: 'token_not_valid' } },
}

const nothingSchema: Schema = { $id: 'Nothing', type: 'object', maxProperties: 0 }

const required = ['This field is required.']

const fieldDescriptions: Readonly<Record<string, string>> = {
  email: 'Compared without regard to case.',
  password: 'Taken as typed, white space included.',
  token: 'An access token. A refresh token is taken too unless `VERIFY_ACCEPTS=access`.',
  refresh: 'The refresh token that was answered last.',
  mfa_token: 'What the first half answered with. It opens nothing else.',
  method: 'One of `methods`. Without it, six digits are a code of the app, and other codes recovery codes.',
  code: 'A code of the app, or a recovery code.',
}

function bodyOf($id: string, fields: readonly Field[], example: object): NonNullable<Operation['body']> {
  const schema = fieldsSchema(fields)
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    const description = fieldDescriptions[name]
    return [name, description ? { ...property, description } : property]
  })
  return { schema: { $id, ...schema, properties: Object.fromEntries(properties) }, mediaTypes, example }
}

function unreadable(examples: Record<string, unknown>): Answer {
  return {
    description: 'A field is missing or wrong, or the body could not be read.',
    schema: { anyOf: [fieldErrorsSchema, detailSchema] },
    examples,
    refusals: ['malformed-request'],
  }
}

const tokenRefused: Answer = {
  description:
    'The token is not good: malformed, expired, of the wrong type, already rotated, or its session has ended.',
  schema: tokenRefusalSchema,
  examples: { malformed: { detail: 'Token is invalid or expired', code: 'token_not_valid' } },
  headers: { 'WWW-Authenticate': '`Bearer realm="api"`' },
  refusals: ['token-refused'],
}

/** What any of the five may answer. */
const always: Operation['answers'] = {
  405: {
    name: 'MethodNotAllowed',
    description: 'The address takes POST and OPTIONS.',
    schema: detailSchema,
    examples: { get: { detail: 'Method "GET" not allowed.' } },
    headers: { Allow: '`POST, OPTIONS`' },
    refusals: ['method-not-allowed'],
  },
  408: { name: 'RequestTimeout', ...problemAnswer('The request did not arrive within 30 seconds.', 'request-timeout') },
  413: {
    name: 'BodyTooLarge',
    ...problemAnswer('The body is larger than 64 KiB.', 'body-too-large'),
    examples: {
      problem: {
        type: '/docs/problems#body-too-large',
        title: 'Body too large',
        detail: 'The body is larger than 64 KiB.',
        code: 'body-too-large',
        status: 413,
        instance: 'urn:request:8ef663c5bf2a-4',
      },
    },
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is neither JSON nor a form.',
    schema: detailSchema,
    examples: { text: { detail: 'Unsupported media type "text/plain" in request.' } },
    refusals: ['unsupported-media-type'],
  },
  500: {
    name: 'Failure',
    ...problemAnswer('Something failed here. The log has the cause under the id in `instance`.'),
  },
}

const RETRY_AFTER = { 'Retry-After': 'Seconds after which it is worth trying again.' }
const away: Answer = {
  name: 'DatabaseUnavailable',
  ...problemAnswer('The database does not answer at the moment.', 'database-unavailable'),
  headers: RETRY_AFTER,
  examples: {
    problem: {
      type: '/docs/problems#database-unavailable',
      title: 'Database unavailable',
      detail: 'The database does not answer at the moment. Whether a change was made is not known.',
      code: 'database-unavailable',
      retryAfterSeconds: 1,
      status: 503,
      instance: 'urn:request:8ef663c5bf2a-5',
    },
  },
}
const awayOrBusy: Answer = {
  name: 'DatabaseUnavailableOrBusy',
  ...problemAnswer(
    'The database does not answer, or more passwords wait to be checked than `HASH_QUEUE` allows.',
    'database-unavailable',
    'too-busy',
  ),
  headers: RETRY_AFTER,
}

const throttled: Answer = {
  name: 'Throttled',
  description:
    'Tried too often, by this account, from this network, or by all together. With `CHALLENGE` on, the code says that a ' +
    'challenge would do.',
  schema: {
    $id: 'Throttled',
    type: 'object',
    required: ['detail'],
    properties: {
      detail: { type: 'string' },
      code: { const: 'challenge-required' },
      reason: { enum: ['missing', 'wrong', 'expired', 'used'] },
      challenge: { type: 'string', format: 'uri-reference', description: 'Where there is one.' },
    },
  },
  examples: {
    throttled: { detail: 'Request was throttled. Expected available in 30 seconds.' },
    challenge: {
      detail: 'A challenge must be solved first.',
      code: 'challenge-required',
      reason: 'missing',
      challenge: '/api/challenge?purpose=sign-in',
    },
  },
  headers: { 'Retry-After': 'Seconds after which it is worth trying again. Not with a challenge.' },
  refusals: ['too-many-requests', 'challenge-required'],
}

export const registerReference: Operation = {
  id: 'register',
  group,
  summary: 'Register a user',
  description: 'One address is one user, however many requests register it at once.',
  body: bodyOf('Registration', registerFields, {
    email: 'ann@example.com',
    password: 'three red apples',
    first_name: 'Ann',
  }),
  answers: {
    201: {
      description: 'The user was made. The answer repeats the address and the names.',
      schema: {
        $id: 'RegisteredUser',
        type: 'object',
        required: ['email', 'first_name', 'last_name'],
        properties: { email: { type: 'string' }, first_name: { type: 'string' }, last_name: { type: 'string' } },
      },
      examples: { made: { email: 'ann@example.com', first_name: 'Ann', last_name: '' } },
    },
    400: {
      ...unreadable({
        missing: { password: required },
        taken: { email: ['custom user with this email already exists.'] },
        weak: { password: ['This password is too common.'] },
      }),
      description: 'A field is missing or wrong, the address is taken, or the password policy refuses the password.',
      refusals: ['malformed-request', 'identifier-taken', 'password-refused'],
    },
    ...always,
    429: throttled,
    503: awayOrBusy,
  },
}

export const loginReference: Operation = {
  id: 'login',
  group,
  summary: 'Sign in',
  description: 'Opens a session and answers with its first two tokens.',
  body: bodyOf('Credentials', loginFields, { email: 'ann@example.com', password: 'three red apples' }),
  answers: {
    200: {
      description: 'Signed in.',
      schema: firstTokensSchema,
      examples: { signedIn: firstTokens },
    },
    400: unreadable({ missing: { password: required } }),
    401: {
      description:
        'Wrong password, unknown user, or a user who is disabled: one answer, after the same time. Or the password is right and ' +
        'a second factor is due: then `code` is `mfa_required`, and `mfa_token` finishes the sign-in within ten minutes.',
      schema: { anyOf: [mfaRequiredSchema, detailSchema] },
      examples: {
        refused: { detail: 'Invalid credentials' },
        secondFactor: {
          detail: 'A second factor is required.',
          code: 'mfa_required',
          mfa_token: 'Pq8rK2…',
          methods: ['passkey', 'totp', 'recovery_code'],
        },
      },
      refusals: ['wrong-credentials', 'mfa-required'],
    },
    ...always,
    429: throttled,
    503: awayOrBusy,
  },
}

const mfaBody = bodyOf('SecondFactor', mfaFields, { mfa_token: 'Pq8rK2…', code: '123456' })

export const loginMfaReference: Operation = {
  id: 'loginMfa',
  group,
  summary: 'Finish a sign-in with a second factor',
  description:
    'A code of the app, a recovery code, or a passkey. Each try counts, here and as a sign-in of the account; five in all, ' +
    'then the sign-in begins again.',
  body: {
    ...mfaBody,
    schema: {
      ...mfaBody.schema,
      properties: {
        ...(mfaBody.schema.properties as object),
        credential: {
          type: 'object',
          description:
            '`PublicKeyCredential.toJSON()` of the answer to `POST /api/login/mfa/passkey`; in JSON bodies only.',
        },
      },
    },
  },
  answers: {
    200: { description: 'Signed in.', schema: firstTokensSchema, examples: { signedIn: firstTokens } },
    400: unreadable({ missing: { mfa_token: required } }),
    401: {
      description:
        'The factor is not right (`second_factor_refused`: try again), or the sign-in must begin anew (`mfa_token_refused`).',
      schema: codedDetailSchema,
      examples: {
        wrong: { detail: 'That is not right, or was used before.', code: 'second_factor_refused' },
        over: { detail: 'Sign in again: this took too long, or too many tries.', code: 'mfa_token_refused' },
      },
      refusals: ['second-factor-refused', 'mfa-token-refused'],
    },
    ...always,
    429: throttled,
    503: away,
  },
}

export const refreshReference: Operation = {
  id: 'refreshTokens',
  group,
  summary: 'Rotate a refresh token',
  description:
    'Answers with a new access token and the refresh token that follows. The same token again within ' +
    '`REFRESH_GRACE_SECONDS` gets the same successor; shown later, it ends the session.',
  body: bodyOf('RefreshToken', refreshFields, { refresh: SOME_TOKEN }),
  answers: {
    200: {
      description: 'Rotated.',
      schema: {
        $id: 'NextTokens',
        type: 'object',
        required: ['access', 'refresh'],
        properties: { access: token, refresh: token },
      },
      examples: { rotated: { access: SOME_TOKEN, refresh: SOME_TOKEN } },
    },
    400: unreadable({ missing: { refresh: required } }),
    401: tokenRefused,
    ...always,
    503: away,
  },
}

export const verifyReference: Operation = {
  id: 'verifyToken',
  group,
  summary: 'Whether a token is good now',
  description:
    'Checks signature, times and type, and that the session lives. An access token is answered from memory, also while ' +
    'the database is away for up to `REVOCATION_STALE_SECONDS`.',
  body: bodyOf('TokenToVerify', verifyFields, { token: SOME_TOKEN }),
  answers: {
    200: { description: 'It is good.', schema: nothingSchema, examples: { good: {} } },
    400: unreadable({ missing: { token: required } }),
    401: tokenRefused,
    ...always,
    503: away,
  },
}

export const logoutReference: Operation = {
  id: 'logout',
  group,
  summary: 'Sign out',
  description: 'Ends the session of a refresh token. Access tokens of the session are refused from then on.',
  body: bodyOf('RefreshToken', logoutFields, { refresh: SOME_TOKEN }),
  answers: {
    200: { description: 'The session has ended.', schema: nothingSchema, examples: { ended: {} } },
    400: unreadable({ missing: { refresh: required } }),
    401: tokenRefused,
    ...always,
    503: away,
  },
}
