/** Refusal code → status and sentence, rendered as problem details (RFC 9457). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type RefusalCode, refusalCodes } from '../../../contract/problems.ts'
import { type Refusal, refused } from '../platform/refusal.ts'

const statuses: Readonly<Record<RefusalCode, number>> = {
  'wrong-credentials': 401,
  'mfa-required': 401,
  'mfa-token-refused': 401,
  'second-factor-refused': 401,
  'proof-refused': 422,
  'registration-closed': 403,
  'mail-code-refused': 422,
  'identifier-taken': 409,
  'password-refused': 422,
  'token-missing': 401,
  'token-refused': 401,
  'step-up-required': 401,
  'not-permitted': 403,
  conflict: 409,
  'user-unknown': 404,
  'too-many-requests': 429,
  'challenge-required': 429,
  'totp-code-refused': 422,
  'enrolment-expired': 410,
  'challenge-refused': 410,
  'passkey-refused': 422,
  'passkey-unknown': 401,
  'passkey-taken': 409,
  'too-many-passkeys': 409,
  'second-factor-missing': 409,
  'too-many-webhooks': 409,
  'last-way-in': 409,
  'too-busy': 503,
  'database-unavailable': 503,
  'mail-not-configured': 501, // trying again does not help before an operator does something
  'not-found': 404,
  'method-not-allowed': 405,
  'malformed-request': 400,
  'unsupported-media-type': 415,
  'body-too-large': 413,
  'headers-too-large': 431,
  'request-timeout': 408,
  'shutting-down': 503,
}

// What 401 must carry (RFC 9110 §15.5.2); without an error where no token was sent (RFC 6750 §3.1).
const challenges: { readonly [C in RefusalCode]?: (facts: Refusal['facts']) => string } = {
  'token-missing': () => 'Bearer realm="api"',
  'token-refused': () => 'Bearer realm="api", error="invalid_token"',
  'step-up-required': stepUpChallenge,
}

// RFC 9470 §3: all that is asked for, so that one more sign-in is enough.
function stepUpChallenge({ acrValues, maxAgeSeconds }: Refusal['facts']): string {
  const parameters = ['realm="api"', 'error="insufficient_user_authentication"']
  if (Array.isArray(acrValues)) parameters.push(`acr_values="${acrValues.join(' ')}"`)
  if (maxAgeSeconds !== undefined) parameters.push(`max_age="${maxAgeSeconds}"`)
  return `Bearer ${parameters.join(', ')}`
}

export function statusOf(code: RefusalCode): number {
  return statuses[code]
}

/** Answers with the problem of a refusal. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { retryAfterSeconds } = refusal.facts
  const challenge = challenges[refusal.code]?.(refusal.facts)
  if (challenge) reply.header('www-authenticate', challenge)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return send(reply, problemOf(refusal, request.id))
}

/** An error that nobody expected says nothing: the log has its cause under the same request id. */
export function sendUnknownProblem(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(reply, render(500, request.id, { type: 'about:blank', title: 'Something failed here' }))
}

type Problem = { status: number; body: string }

/** The problem of a refusal as text. `type` is the address of its documentation, `instance` names the request. */
export function problemOf({ code, facts }: Refusal, requestId: string): Problem {
  const type = `/docs/problems#${code}`
  return render(statuses[code], requestId, { type, title: titleOf(code), detail: refusalCodes[code], code, ...facts })
}

function render(status: number, requestId: string, members: object): Problem {
  return { status, body: JSON.stringify({ ...members, status, instance: `urn:request:${requestId}` }) }
}

function send(reply: FastifyReply, { status, body }: Problem): FastifyReply {
  return reply.code(status).type('application/problem+json').send(body)
}

const titleOf = (code: RefusalCode) => code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ')

// What the web framework refuses before a route is reached.
const frameworkRefusals: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_BAD_URL: 'malformed-request',
  FST_ERR_VALIDATION: 'malformed-request',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  ECONNRESET: 'malformed-request', // the client went away in the middle of its body: nobody reads the answer
}

/** The refusal that an error of the web framework stands for; undefined when it is no fault of the client. */
export function refusalOfFramework(error: { code?: string; statusCode?: number }): Refusal | undefined {
  const { code = '', statusCode = 500 } = error
  const isClientsFault = statusCode >= 400 && statusCode < 500 // such as QUERY without a content type
  const refusalCode = frameworkRefusals[code] ?? (isClientsFault ? 'malformed-request' : undefined)
  return refusalCode && refused(refusalCode)
}
