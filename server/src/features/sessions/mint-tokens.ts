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
      return keys.sign(withMac(sealer, { ...claims, facts: factsOf(session) }))
    },
    accessToken(session, now, rotatedAt = now) {
      const iat = secondsOf(now)
      const sessionEnd = secondsOf(tokenEndsOf(rotatedAt, session.openedAt, lifetimes).expiresAt)
      const exp = Math.min(iat + lifetimes.accessTokenSeconds, sessionEnd)
      const claims = claimsOf(session, { token_type: 'access', exp, iat, jti: randomId() })
      return keys.sign({
        ...claims,
        ...proofClaimsOf(session),
        ...heldClaimsOf(session),
        ...statusClaimOf(session, issuer),
      })
    },
  }
}

function factsOf(session: Grantee): SessionFacts {
  const { openedAt, amr, acr, authenticatedAt, statusIndex, claimsVersion } = session
  return { openedAt, amr, acr, authenticatedAt, statusIndex, ...heldClaimsOf(session), claimsVersion }
}

/** Verifiers take tokens of 8,192 characters (sdk/verify), header fields of proxies hold about as much. */
const MOST_CHARACTERS = 2_000

/**
 * Most users have no role: their tokens are no longer for it. What would not fit is not said at all, so that whoever asks for it is
 * refused rather than everybody's token unreadable.
 */
function heldClaimsOf({ held: { roles, permissions } }: Grantee): Pick<TokenClaims, 'roles' | 'permissions'> {
  return { ...(isSayable(roles) && { roles }), ...(isSayable(permissions) && { permissions }) }
}

const isSayable = (words: readonly string[]) => words.length > 0 && words.join().length <= MOST_CHARACTERS

function statusClaimOf({ statusIndex }: Grantee, issuer: string): Pick<TokenClaims, 'status'> {
  if (statusIndex === null) return {}
  const { list, idx } = placeOf(statusIndex)
  return { status: { status_list: { idx, uri: statusListUri(issuer, list) } } }
}

// RFC 9068 §2.2.1. What is not known is not claimed.
function proofClaimsOf({ amr, acr, authenticatedAt }: Grantee): Pick<TokenClaims, 'amr' | 'acr' | 'auth_time'> {
  return amr.length === 0 ? {} : { amr, acr, auth_time: secondsOf(authenticatedAt) }
}
