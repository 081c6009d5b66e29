/**
 * Tokens of the old service: HS256 with JWT_SECRET_KEY. They are accepted until they expire, never made. A legacy refresh
 * token is taken as the refresh token of a session whose id follows from the token's own id, so that rotation, reuse and
 * logout work as for ours, and the import can say of it that it has ended.
 */
import { createHmac } from 'node:crypto'
import type { TokenType } from '../../../../contract/claims.ts'
import { equalSecrets, sha256 } from '../../platform/secrets.ts'
import { tokenRefused } from './token-refusal.ts'
import { decodeObject, splitToken, type TokenParts } from './token-text.ts'

export type LegacyClaims = {
  tokenType: TokenType
  tokenId: string
  userId: number
  issuedAt: number
  expiresAt: number
}

const TOKEN_ID_CHARACTERS = 255 // the column of the old blacklist
const LAST_SECOND = 253_402_300_799 // end of the year 9999: the old service failed beyond it

/** Reads claims whose signature was not checked: for the import, from the old service's own table. */
export function decodeLegacyToken(token: string): LegacyClaims | undefined {
  const claims = decodeObject(splitToken(token)?.encodedPayload ?? '')
  return claims && readClaims(claims)
}

/** The session that a legacy refresh token stands for: 32 hexadecimal characters. */
export function legacySessionId(tokenId: string): string {
  return sha256(`legacy refresh token ${tokenId}`).slice(0, 32)
}

/** @throws Refusal 'token-refused' unless HS256 under `secretKey` with sound claims; expiry is the caller's to check */
export function readLegacyToken(parts: TokenParts, secretKey: string | undefined): LegacyClaims {
  if (!secretKey || !isSigned(parts, secretKey)) throw tokenRefused('invalid')
  const claims = decodeObject(parts.encodedPayload)
  if (!claims) throw tokenRefused('invalid')
  if (claims.exp === undefined) throw tokenRefused('no-expiry')
  if (claims.jti === undefined) throw tokenRefused('no-id')
  if (claims.token_type === undefined) throw tokenRefused('no-type')
  const read = readClaims(claims)
  if (read) return read
  throw tokenRefused(isTokenType(claims.token_type) ? 'invalid' : 'wrong-type')
}

// The algorithm is ours to name, not the token's (RFC 8725 §3.1); `crit` is refused (RFC 7515 §4.1.11), as is `b64`.
function isSigned({ encodedHeader, input, signature }: TokenParts, secretKey: string): boolean {
  const header = decodeObject(encodedHeader)
  if (header?.alg !== 'HS256' || header.crit !== undefined || header.b64 !== undefined) return false
  return equalSecrets(signature, createHmac('sha256', secretKey).update(input).digest())
}

function readClaims(claims: Readonly<Record<string, unknown>>): LegacyClaims | undefined {
  const { token_type: tokenType, jti: tokenId, user_id: userId, iat = 0, exp, nbf = 0 } = claims
  if (!isTokenType(tokenType) || !isTokenId(tokenId) || !isId(userId)) return undefined
  if (!isSecond(exp) || !isSecond(iat) || !isSecond(nbf)) return undefined
  return { tokenType, tokenId, userId, issuedAt: Math.max(iat, nbf), expiresAt: exp }
}

function isTokenType(value: unknown): value is TokenType {
  return value === 'access' || value === 'refresh'
}

function isTokenId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= TOKEN_ID_CHARACTERS &&
    value.isWellFormed() &&
    !value.includes('\0')
  )
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function isSecond(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LAST_SECOND
}
