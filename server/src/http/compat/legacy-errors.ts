/** Refusal code → the body and status that the old service's clients know. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RefusalCode } from '../../../../contract/problems.ts'
import { Refusal } from '../../platform/refusal.ts'
import { challengeAddress } from '../challenge.ts'
import { refusalOfFramework } from '../problems.ts'
import type { NoteRefusal } from '../summary-log.ts'
import { LegacyBodyError } from './body.ts'

/** A refusal of the legacy API that has a body of its own. */
export class LegacyRefusal extends Error {
  readonly status: number
  readonly body: object
  readonly code: RefusalCode

  constructor(status: number, body: object, code: RefusalCode) {
    super(code)
    this.name = 'LegacyRefusal'
    this.status = status
    this.body = body
    this.code = code
  }
}

/** 400 with the faults of each field. */
export function fieldsRefused(errors: Readonly<Record<string, readonly string[]>>): LegacyRefusal {
  return new LegacyRefusal(400, errors, 'malformed-request')
}

const EMAIL_TAKEN = 'custom user with this email already exists.'
export const emailTaken: readonly string[] = [EMAIL_TAKEN]

const tokenTexts: Readonly<Record<string, string>> = {
  invalid: 'Token is invalid or expired',
  'no-expiry': "Token has no 'exp' claim",
  'no-id': 'Token has no id',
  'no-type': 'Token has no type',
  'wrong-type': 'Token has wrong type',
  ended: 'Token is blacklisted',
}

type Legacy = { status: number; body: object; challenge?: string; retryAfterSeconds?: number }

// Codes without a row are answered as problems: the old service had nothing to say there, or failed.
const legacyAnswers: { [C in RefusalCode]?: (facts: Refusal['facts']) => Legacy } = {
  'wrong-credentials': () => ({ status: 401, body: { detail: 'Invalid credentials' } }),
  'mfa-token-refused': () => ({
    status: 401,
    body: { detail: 'Sign in again: this took too long, or too many tries.', code: 'mfa_token_refused' },
  }),
  'second-factor-refused': () => ({
    status: 401,
    body: { detail: 'That is not right, or was used before.', code: 'second_factor_refused' },
  }),
  'registration-closed': () => ({ status: 403, body: { detail: 'Registration is closed.' } }),
  'identifier-taken': ({ reasons }) => ({
    status: 400,
    body: { email: emailTaken, ...(reasons ? { password: reasons } : {}) },
  }),
  'password-refused': ({ reasons }) => ({ status: 400, body: { password: reasons } }),
  // The words of Django REST Framework's throttles.
  'too-many-requests': ({ retryAfterSeconds }) => ({
    status: 429,
    body: { detail: `Request was throttled. Expected available in ${secondsText(Number(retryAfterSeconds))}.` },
    retryAfterSeconds: Number(retryAfterSeconds),
  }),
  'challenge-required': ({ purpose, reason }) => ({
    status: 429,
    body: {
      detail: 'A challenge must be solved first.',
      code: 'challenge-required',
      reason,
      challenge: challengeAddress(String(purpose)),
    },
  }),
  'token-refused': ({ reason }) => ({
    status: 401,
    body: { detail: tokenTexts[String(reason)] ?? tokenTexts.invalid, code: 'token_not_valid' },
    challenge: 'Bearer realm="api"',
  }),
}

const secondsText = (seconds: number) => `${seconds} second${seconds === 1 ? '' : 's'}`

export function registerLegacyErrors(app: FastifyInstance, noteRefusal: NoteRefusal): void {
  const answer = (request: FastifyRequest, reply: FastifyReply, legacy: Legacy, code: RefusalCode) => {
    noteRefusal(request, reply, code)
    return send(reply, legacy)
  }

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof LegacyBodyError) return answer(request, reply, error, codeOf(error))
    if (error instanceof LegacyRefusal) return answer(request, reply, error, error.code)
    const refusal = error instanceof Refusal ? error : refusalOfFramework(error)
    if (refusal?.code === 'unsupported-media-type') return answer(request, reply, unsupported(request), refusal.code)
    const legacy = refusal && legacyAnswers[refusal.code]?.(refusal.facts)
    if (!legacy) throw error // the service's own handler renders a problem
    return answer(request, reply, legacy, refusal.code)
  })
}

function codeOf({ status }: LegacyBodyError): RefusalCode {
  return status === 415 ? 'unsupported-media-type' : 'malformed-request'
}

function send(reply: FastifyReply, { status, body, challenge, retryAfterSeconds }: Legacy): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (challenge) reply.header('www-authenticate', challenge)
  return reply.code(status).type('application/json').send(JSON.stringify(body))
}

function unsupported(request: FastifyRequest): Legacy {
  return {
    status: 415,
    body: { detail: `Unsupported media type "${request.headers['content-type'] ?? ''}" in request.` },
  }
}

/** 405 in the old words; OPTIONS is answered, as the old service did, with what the address takes. */
export function sendMethodNotAllowed(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('allow', 'POST, OPTIONS').type('application/json')
  if (request.method === 'OPTIONS') return reply.code(200).send(JSON.stringify(described))
  return reply.code(405).send(JSON.stringify({ detail: `Method "${request.method}" not allowed.` }))
}

const described = {
  renders: ['application/json'],
  parses: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
}
