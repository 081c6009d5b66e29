import type { TokenClaims, TokenType } from '../../../../contract/claims.ts'
import { secondsOf } from '../../platform/clock.ts'
import { randomId } from '../../platform/random.ts'
import type { Keys } from '../keys/keys.ts'
import type { Lifetimes } from './session.ts'

type Grant = { sessionId: string; userId: number; tokenId: string; now: number }

export type Mint = {
  /** A signed refresh token with the given id, expiring after its lifetime from `now` (milliseconds). */
  refreshToken(grant: Grant): string
  /** A signed access token of the session. */
  accessToken(grant: Omit<Grant, 'tokenId'>): string
}

/** Makes and signs the tokens of a session. */
export function createMint(deps: { keys: Keys; issuer: string; audience: string; lifetimes: Lifetimes }): Mint {
  const { keys, issuer, audience, lifetimes } = deps

  function claimsOf(type: TokenType, seconds: number, { sessionId, userId, tokenId, now }: Grant): TokenClaims {
    const iat = secondsOf(now)
    return {
      token_type: type,
      exp: iat + seconds,
      iat,
      jti: tokenId,
      user_id: userId,
      iss: issuer,
      aud: audience,
      sub: String(userId),
      sid: sessionId,
    }
  }

  return {
    refreshToken: (grant) => keys.sign(claimsOf('refresh', lifetimes.refreshTokenSeconds, grant)),
    accessToken: (grant) =>
      keys.sign(claimsOf('access', lifetimes.accessTokenSeconds, { ...grant, tokenId: randomId() })),
  }
}
