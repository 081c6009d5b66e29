/** What a verified token says: the claims, read strictly. Pure; times are judged apart, each time the token is shown. */
import type { TokenType } from '../../../contract/claims.ts'
import type { JsonObject, Jws } from './jws.ts'
import { TokenError } from './token-error.ts'

/** The claims as they came (RFC 7519 §4.1, RFC 9068 §2.2), checked for their types. Times are seconds since the epoch. */
export type Claims = Readonly<{
  iss: string
  aud: string | readonly string[]
  sub: string
  jti: string
  iat: number
  exp: number
  nbf?: number
  token_type?: string
  user_id?: number
  sid?: string
  scope?: string
  roles?: readonly string[]
  permissions?: readonly string[]
  amr?: readonly string[]
  acr?: string
  auth_time?: number
  [name: string]: unknown
}>

/** A token that may be relied on. Frozen: one object serves every request with the same token. */
export type VerifiedToken = {
  readonly tokenType: TokenType
  /** The user's id as text (`sub`). */
  readonly subject: string
  /** The same as an integer, where the issuer gives it. */
  readonly userId: number | undefined
  /** The session that the token belongs to (`sid`). Always there unless revocations are off. */
  readonly sessionId: string | undefined
  readonly tokenId: string
  /** Seconds since the epoch, as is `expiresAt`. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
  readonly claims: Claims
}

export type TokenRules = {
  issuer: string
  audience: string
  tokenTypes: readonly TokenType[]
  /** Without `sid` a token could not be revoked. */
  isSessionRequired: boolean
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string' && value !== ''
const isString: Check = (value) => typeof value === 'string'
const isTime: Check = (value) => Number.isFinite(value) && (value as number) >= 0
const isTexts: Check = (value) => Array.isArray(value) && value.every(isString)

const none: readonly string[] = Object.freeze([])

/**
 * Reads the payload of a JWS whose signature was found good.
 *
 * @throws TokenError 'malformed', 'issuer', 'audience', 'type'
 */
export function readToken({ typ, payload }: Jws, rules: TokenRules): VerifiedToken {
  const claims = checkForm(payload)
  if (claims.iss !== rules.issuer) throw new TokenError('issuer')
  if (!hasAudience(claims.aud, rules.audience)) throw new TokenError('audience')
  const tokenType = tokenTypeOf(typ, claims)
  if (!rules.tokenTypes.includes(tokenType as TokenType)) throw new TokenError('type')
  if (rules.isSessionRequired && claims.sid === undefined) throw new TokenError('malformed')
  freeze(claims)
  return Object.freeze({
    tokenType: tokenType as TokenType,
    subject: claims.sub,
    userId: claims.user_id,
    sessionId: claims.sid,
    tokenId: claims.jti,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    scopes: claims.scope === undefined ? none : Object.freeze(claims.scope.split(' ').filter(isText)),
    roles: claims.roles ?? none,
    permissions: claims.permissions ?? none,
    claims,
  })
}

function checkForm(payload: JsonObject): Claims {
  const { sub, jti, iat, exp, nbf, token_type, user_id, sid, scope, roles, permissions, amr, acr, auth_time } = payload
  const isGood =
    isText(sub) &&
    isText(jti) &&
    isTime(iat) &&
    isTime(exp) &&
    (nbf === undefined || isTime(nbf)) &&
    (token_type === undefined || isString(token_type)) &&
    (user_id === undefined || Number.isSafeInteger(user_id)) &&
    (sid === undefined || isText(sid)) &&
    (scope === undefined || isString(scope)) &&
    (roles === undefined || isTexts(roles)) &&
    (permissions === undefined || isTexts(permissions)) &&
    (amr === undefined || isTexts(amr)) &&
    (acr === undefined || isString(acr)) &&
    (auth_time === undefined || isTime(auth_time))
  if (!isGood) throw new TokenError('malformed')
  return payload as Claims
}

function hasAudience(found: unknown, audience: string): boolean {
  return found === audience || (Array.isArray(found) && found.includes(audience))
}

// RFC 9068 §2.1: there the header says that it is an access token; a claim that says something else wins.
function tokenTypeOf(typ: string, { token_type }: Claims): string | undefined {
  return token_type ?? (typ === 'at+jwt' ? 'access' : undefined)
}

function freeze(value: object): void {
  for (const name in value) {
    const member = (value as JsonObject)[name]
    if (typeof member === 'object' && member !== null) freeze(member)
  }
  Object.freeze(value)
}

// A clock that is behind the issuer's must not refuse what was just issued, but nothing comes from far ahead.
const ISSUED_AHEAD_SECONDS = 30

/** @throws TokenError 'expired', 'not-yet-valid' */
export function checkTimes({ expiresAt, issuedAt, claims }: VerifiedToken, now: number, tolerance: number): void {
  if (expiresAt + tolerance <= now) throw new TokenError('expired')
  const isEarly = issuedAt > now + ISSUED_AHEAD_SECONDS || (claims.nbf ?? 0) > now + tolerance
  if (isEarly) throw new TokenError('not-yet-valid')
}
