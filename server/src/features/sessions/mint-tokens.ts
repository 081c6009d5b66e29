import type { SessionFacts, TokenClaims } from '../../../../contract/claims.ts'
import { secondsOf } from '../../platform/clock.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Keys } from '../keys/keys.ts'
import type { Held } from '../roles/roles.ts'
import { type Lifetimes, tokenEndsOf } from './lifetimes.ts'
import { withMac } from './own-refresh-token.ts'
import type { Session } from './session.ts'
import { placeOf } from './status-list.ts'
import { statusListUri } from './status-lists.ts'
import { MAX_TOKEN_CHARACTERS } from './token-text.ts'

/** Whom tokens are given, and all that they say of the session: in refresh tokens as it is, in access tokens as claims. */
export type Grantee = Pick<Session, 'id' | 'userId'> & Omit<SessionFacts, keyof Held> & { held: Held }

export type Mint = {
  /** The refresh token that a session is given at `now` (milliseconds), with this id. */
  refreshToken(session: Grantee, tokenId: string, now: number): string
  /**
   * An access token of the session.
   *
   * @param rotatedAt when the refresh token was given out beside which it is: it does not outlive that one
   */
  accessToken(session: Grantee, now: number, rotatedAt?: number): string
}

/** Makes and signs the tokens of a session. */
export function createMint(deps: {
  keys: Keys
  sealer: Sealer
  issuer: string
  audience: string
  lifetimes: Lifetimes
}): Mint {
  const { keys, sealer, issuer, audience, lifetimes } = deps
  const room = roomForHeld(keys.signatureCharacters, issuer, audience)

  // The first five in the order of the old service.
  function claimsOf(
    { id, userId }: Grantee,
    own: Pick<TokenClaims, 'token_type' | 'exp' | 'iat' | 'jti'>,
  ): TokenClaims {
    const { token_type, exp, iat, jti } = own
    return { token_type, exp, iat, jti, user_id: userId, iss: issuer, aud: audience, sub: String(userId), sid: id }
  }

  return {
    refreshToken(session, tokenId, now) {
      const { expiresAt } = tokenEndsOf(now, session.openedAt, lifetimes)
      const own = { exp: secondsOf(expiresAt), iat: secondsOf(now), jti: tokenId }
      const claims = claimsOf(session, { token_type: 'refresh', ...own })
      return keys.sign(withMac(sealer, { ...claims, facts: factsOf(session, room) }))
    },
    accessToken(session, now, rotatedAt = now) {
      const iat = secondsOf(now)
      const sessionEnd = secondsOf(tokenEndsOf(rotatedAt, session.openedAt, lifetimes).expiresAt)
      const exp = Math.min(iat + lifetimes.accessTokenSeconds, sessionEnd)
      const claims = claimsOf(session, { token_type: 'access', exp, iat, jti: randomId() })
      return keys.sign({
        ...claims,
        ...proofClaimsOf(session),
        ...heldClaimsOf(session, room),
        ...statusClaimOf(session, issuer),
      })
    },
  }
}

function factsOf(session: Grantee, room: number): SessionFacts {
  const { openedAt, amr, acr, authenticatedAt, statusIndex, claimsVersion } = session
  return { openedAt, amr, acr, authenticatedAt, statusIndex, ...heldClaimsOf(session, room), claimsVersion }
}

/** Of a list: header fields of proxies hold about as much as two of them, with all else that a token says. */
const MOST_CHARACTERS = 2_000
const HEADER_CHARACTERS = 150
const OTHER_BYTES = 700 // all other claims, as long as they may get, without the two texts of the settings

/**
 * How many bytes of JSON roles and permissions may take, so that the token can be read here and by sdk/verify: a signature of ML-DSA
 * leaves them a quarter of what one of ES256 does.
 */
function roomForHeld(signatureCharacters: number, issuer: string, audience: string): number {
  const payloadCharacters = MAX_TOKEN_CHARACTERS - HEADER_CHARACTERS - signatureCharacters
  const settingsBytes = 2 * Buffer.byteLength(issuer) + Buffer.byteLength(audience) // the status list has the issuer's address too
  return Math.floor((payloadCharacters * 3) / 4) - OTHER_BYTES - settingsBytes
}

/**
 * Most users have no role: their tokens are no longer for it. What would not fit is not said at all, so that whoever asks for it is
 * refused rather than everybody's token unreadable.
 */
function heldClaimsOf({ held }: Grantee, room: number): Pick<TokenClaims, 'roles' | 'permissions'> {
  const said: Pick<TokenClaims, 'roles' | 'permissions'> = {}
  let left = room
  for (const kind of ['roles', 'permissions'] as const) {
    const words = held[kind]
    if (words.length === 0 || words.join().length > MOST_CHARACTERS) continue
    const bytes = JSON.stringify(words).length // they are ASCII
    if (bytes > left) continue
    said[kind] = words
    left -= bytes
  }
  return said
}

function statusClaimOf({ statusIndex }: Grantee, issuer: string): Pick<TokenClaims, 'status'> {
  if (statusIndex === null) return {}
  const { list, idx } = placeOf(statusIndex)
  return { status: { status_list: { idx, uri: statusListUri(issuer, list) } } }
}

// RFC 9068 §2.2.1. What is not known is not claimed.
function proofClaimsOf({ amr, acr, authenticatedAt }: Grantee): Pick<TokenClaims, 'amr' | 'acr' | 'auth_time'> {
  return amr.length === 0 ? {} : { amr, acr, auth_time: secondsOf(authenticatedAt) }
}
