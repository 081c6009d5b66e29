/** Bearer tokens in HTTP (RFC 6750): from the header to a verified token, or to the answer that refuses. No framework here. */
import { checkNames, checkTexts } from './check-option.ts'
import { checkRequirements, type Requirements, requirementNames } from './requirements.ts'
import type { VerifiedToken } from './token.ts'
import { TokenError, type TokenErrorCode } from './token-error.ts'
import type { Verifier } from './verifier.ts'

export type BearerOptions = Requirements & {
  /** What the token opens, told to clients that come without one (RFC 9110 §11.5); default `api`. */
  readonly realm?: string
}

export type Answer = { status: number; headers: Record<string, string>; body: string }

export type Outcome = { kind: 'verified'; token: VerifiedToken } | { kind: 'refused'; answer: Answer }

/** @param authorization every `Authorization` header of the request */
export type Authenticate = (authorization: readonly string[]) => Promise<Outcome>

const RETRY_AFTER_SECONDS = 2

/**
 * Makes the function that authenticates a request.
 *
 * @throws TypeError when an option is wrong
 */
export function createAuthenticate(verifier: Verifier, options: BearerOptions = {}): Authenticate {
  checkNames('options', options, [...requirementNames, 'realm'])
  const { realm = 'api', ...requirements } = options
  checkTexts('realm', [realm])
  checkRequirements(requirements)

  return async (authorization) => {
    const [credentials, ...others] = authorization
    if (others.length > 0) return refuse(answerToMalformed())
    if (credentials === undefined || !/^bearer(?: |$)/i.test(credentials)) return refuse(answerWithoutToken(realm))
    const token = readToken(credentials)
    if (token === undefined) return refuse(answerToMalformed())
    try {
      return { kind: 'verified', token: await verifier.verify(token, requirements) }
    } catch (error) {
      if (!(error instanceof TokenError)) throw error
      return refuse(answerTo(error, requirements))
    }
  }
}

const refuse = (answer: Answer): Outcome => ({ kind: 'refused', answer })

// RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1).
function readToken(credentials: string): string | undefined {
  return /^bearer +([\w.~+/-]+=*)$/i.exec(credentials)?.[1]
}

// RFC 6750 §3.1: whoever sends no token is told the scheme and no error.
function answerWithoutToken(realm: string): Answer {
  return answer(401, 'The request carries no access token.', {}, { realm })
}

function answerToMalformed(): Answer {
  const detail = 'There must be one Authorization header with one access token.'
  return answer(400, detail, {}, { error: 'invalid_request' })
}

function answerTo({ code, message }: TokenError, requirements: Requirements): Answer {
  if (code === 'unavailable') return answer(503, message, { code, retryAfterSeconds: RETRY_AFTER_SECONDS })
  const { status, error } = challenges[code] ?? { status: 401, error: 'invalid_token' }
  const facts = { error, error_description: message, ...challengeFacts(code, requirements) }
  return answer(status, message, { code }, facts)
}

// Every other code is 'invalid_token'. RFC 6750 §3.1, RFC 9470 §3.
const challenges: Partial<Record<TokenErrorCode, { status: number; error: string }>> = {
  scope: { status: 403, error: 'insufficient_scope' },
  role: { status: 403, error: 'insufficient_scope' },
  permission: { status: 403, error: 'insufficient_scope' },
  acr: { status: 401, error: 'insufficient_user_authentication' },
  'max-age': { status: 401, error: 'insufficient_user_authentication' },
}

// A client that has to sign in again learns all that is asked for, not only what it failed first.
function challengeFacts(code: TokenErrorCode, requirements: Requirements): Record<string, string> {
  const { requireScopes, requireAcr, requireMaxAge } = requirements
  if (code === 'scope') return { scope: (requireScopes ?? []).join(' ') }
  if (code !== 'acr' && code !== 'max-age') return {}
  return {
    ...(requireAcr && { acr_values: requireAcr.join(' ') }),
    ...(requireMaxAge !== undefined && { max_age: String(requireMaxAge) }),
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  503: 'Service Unavailable',
}

type Facts = { code?: TokenErrorCode; retryAfterSeconds?: number }

/** A problem (RFC 9457) with, if there is one, the challenge. Values of the challenge must not need escaping. */
function answer(status: number, detail: string, facts: Facts, challenge?: Record<string, string>): Answer {
  const problem = { type: 'about:blank', title: titles[status], status, detail, ...facts }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (facts.retryAfterSeconds !== undefined) headers['retry-after'] = String(facts.retryAfterSeconds)
  if (challenge) headers['www-authenticate'] = `Bearer ${parametersOf(challenge)}`
  return { status, headers, body: JSON.stringify(problem) }
}

function parametersOf(challenge: Record<string, string>): string {
  return Object.entries(challenge)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')
}

/** Every `Authorization` header as it was sent: Node keeps only the first in `headers`. */
export function authorizationOf({ rawHeaders }: { readonly rawHeaders: readonly string[] }): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'authorization')
}
