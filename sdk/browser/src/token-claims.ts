import type { TokenClaims } from '../../../contract/claims.ts'

/** What the client reads of a token. It checks no signature: the token came from the service, over TLS. */
export type Claims = Pick<TokenClaims, 'iat' | 'exp' | 'sid' | 'user_id'>

/** The claims of a JWT (RFC 7519 §7.2, without the signature); undefined when it is none, or lacks one of them. */
export function readClaims(token: unknown): Claims | undefined {
  if (typeof token !== 'string') return undefined
  const payload = token.split('.', 2)[1]
  const claims = payload === undefined ? undefined : readObject(payload)
  return claims && hasClaims(claims) ? claims : undefined
}

function hasClaims(claims: Partial<Record<keyof Claims, unknown>>): claims is Claims {
  const { iat, exp, sid, user_id: userId } = claims
  return isNumber(iat) && isNumber(exp) && exp > iat && typeof sid === 'string' && sid !== '' && isNumber(userId)
}

function readObject(base64url: string): object | undefined {
  try {
    const value: unknown = JSON.parse(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined // neither base64 nor JSON: no token
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
