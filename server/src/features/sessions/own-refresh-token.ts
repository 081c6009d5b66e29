import { hash } from 'node:crypto'
import type { TokenClaims } from '../../../../contract/claims.ts'
import { equalSecrets, type Sealer } from '../../platform/secrets.ts'
import type { Keys } from '../keys/keys.ts'
import { fromClaims, type ReadToken } from './read-token.ts'
import { decodeObject, splitToken } from './token-text.ts'

type MacKey = Pick<Sealer, 'mac'>

/** The claims with a MAC of them: nobody but this service shows one that is right (RFC 2104). */
export function withMac({ mac }: MacKey, claims: TokenClaims): TokenClaims {
  return { ...claims, mac: macOf(mac, claims) }
}

/** SHA-256 of a token's whole text, in base64url: 43 characters. */
export function textHashOf(token: string): string {
  return hash('sha256', token, 'base64url')
}

/**
 * What a refresh token says that has the MAC of this service and the header of a key that still signs or did. The signature is
 * not looked at: what it says may be acted upon only together with a comparison of its whole text with the one that was given
 * out ({@link textHashOf}). Undefined: it may be good all the same, and its signature has to tell.
 */
export function readOwnRefreshToken(
  { keys, sealer, issuer, audience }: { keys: Pick<Keys, 'findKey'>; sealer: MacKey; issuer: string; audience: string },
  token: string,
): ReadToken | undefined {
  const parts = splitToken(token)
  const claims = parts && keys.findKey(parts.encodedHeader) ? decodeObject(parts.encodedPayload) : undefined
  if (!claims) return undefined
  const { mac, ...said } = claims // it comes last: what is left is, to the letter, what it was made of
  if (typeof mac !== 'string' || !equalSecrets(Buffer.from(mac), Buffer.from(macOf(sealer.mac, said)))) return undefined
  if (said.iss !== issuer || said.aud !== audience) return undefined // after a change of settings: as for every other token
  return fromClaims(said as TokenClaims)
}

const macOf = (mac: Sealer['mac'], claims: object) =>
  mac(`refresh-token:${JSON.stringify(claims)}`).toString('base64url')
