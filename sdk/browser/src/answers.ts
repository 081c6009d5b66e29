/** What an answer of the service means. The legacy JSON API has its own bodies; what fails otherwise is RFC 9457. */
import { AuthError, type MfaMethod } from './auth-error.ts'
import { type Claims, readClaims } from './token-claims.ts'

export type Answer = {
  readonly status: number
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown
  /** The header `Retry-After`. */
  readonly retryAfter: string | null
}

/** A pair of tokens of one session. */
export type Tokens = { readonly access: string; readonly refresh: string; readonly claims: Claims }

/** `PublicKeyCredentialRequestOptionsJSON` (Web Authentication Level 3 §5.1.9), as much of it as the service sends. */
export type PasskeyOptions = {
  readonly challenge: string
  readonly rpId?: string
  readonly timeout?: number
  readonly userVerification?: string
  readonly allowCredentials?: { id: string; type: string; transports?: string[] }[]
}

export type RefreshAnswer =
  | { readonly kind: 'rotated'; readonly tokens: Tokens }
  /** The session has ended. The only answer that signs anybody out. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly error: AuthError; readonly isPassing: boolean }

export function readRefreshAnswer(answer: Answer): RefreshAnswer {
  const tokens = answer.status === 200 ? readTokens(answer.body) : undefined
  if (tokens) return { kind: 'rotated', tokens }
  if (isTokenRefused(answer)) return { kind: 'refused' }
  return { kind: 'failed', error: unavailable(answer), isPassing: answer.status >= 500 || answer.status === 429 }
}

/** Of either half of a login. @throws AuthError */
export function readLoginAnswer(answer: Answer): Tokens {
  const tokens = answer.status === 200 ? readTokens(answer.body) : undefined
  if (tokens) return tokens
  throw loginRefusalOf(answer) ?? refusalOf(answer)
}

/** Options for `navigator.credentials.get()`. @throws AuthError */
export function readPasskeyOptions(answer: Answer): PasskeyOptions {
  const isThere = answer.status === 200 && typeof fieldOf(answer.body, 'challenge') === 'string'
  if (isThere) return answer.body as PasskeyOptions
  throw loginRefusalOf(answer) ?? refusalOf(answer)
}

/** By the code of a 401, which is spelt in two ways; wrong credentials have none, as in the old service. */
function loginRefusalOf({ status, body }: Answer): AuthError | undefined {
  if (status !== 401 || !fieldOf(body, 'detail')) return undefined
  switch (String(fieldOf(body, 'code') ?? '').replaceAll('_', '-')) {
    case '':
      return new AuthError('wrong-credentials')
    case 'mfa-required':
      return secondFactorDue(body)
    case 'second-factor-refused':
      return new AuthError('second-factor-refused')
    case 'mfa-token-refused':
      return new AuthError('mfa-token-refused')
    default:
      return undefined
  }
}

function secondFactorDue(body: unknown): AuthError | undefined {
  const [mfaToken, methods] = [fieldOf(body, 'mfa_token'), fieldOf(body, 'methods')]
  if (typeof mfaToken !== 'string' || !isListOfText(methods)) return undefined
  return new AuthError('mfa-required', { mfaToken, methods: methods as MfaMethod[] })
}

/** @throws AuthError */
export function readRegisterAnswer(answer: Answer): void {
  if (answer.status !== 201) throw refusalOf(answer)
}

/** Whether the session has ended now, by this request or before it. */
export function isLogoutDone(answer: Answer): boolean {
  return answer.status === 200 || isTokenRefused(answer)
}

/**
 * A 401 of the service itself: gateways and captive portals answer 401 too, and know nothing about the token. The code is
 * that of the old service.
 */
function isTokenRefused({ status, body }: Answer): boolean {
  return status === 401 && fieldOf(body, 'code') === 'token_not_valid'
}

function readTokens(body: unknown): Tokens | undefined {
  const access = fieldOf(body, 'access')
  const refresh = fieldOf(body, 'refresh')
  const claims = readClaims(access)
  if (!claims || readClaims(refresh)?.sid !== claims.sid) return undefined
  return { access: access as string, refresh: refresh as string, claims }
}

function refusalOf(answer: Answer): AuthError {
  const fields = answer.status === 400 ? readFields(answer.body) : undefined
  return fields ? new AuthError('fields-refused', { fields }) : unavailable(answer)
}

/** `{"email": ["…"], "password": ["…"]}`, as Django REST Framework worded it. */
function readFields(body: unknown): Record<string, string[]> | undefined {
  if (!isRecord(body)) return undefined
  const entries = Object.entries(body).filter((entry): entry is [string, string[]] => isListOfText(entry[1]))
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function unavailable(answer: Answer): AuthError {
  const cause = new Error(`the service answered with status ${answer.status}`)
  return new AuthError('unavailable', { cause, retryAfterSeconds: retryAfterOf(answer) })
}

/** From the body first: a page of another origin may not read the header. A date is not believed: whose clock is it? */
function retryAfterOf({ body, retryAfter }: Answer): number | undefined {
  const told = fieldOf(body, 'retryAfterSeconds')
  const seconds = typeof told === 'number' ? told : /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined
  return seconds !== undefined && seconds >= 0 ? Math.min(seconds, MOST_RETRY_AFTER_SECONDS) : undefined
}

const MOST_RETRY_AFTER_SECONDS = 600 // a slip of the pen must not keep people out for a day

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isListOfText = (value: unknown): boolean =>
  Array.isArray(value) && value.every((sentence) => typeof sentence === 'string')

const fieldOf = (body: unknown, name: string): unknown => (isRecord(body) ? body[name] : undefined)
