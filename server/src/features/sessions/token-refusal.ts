import { type Refusal, refused } from '../../platform/refusal.ts'

/** Why a token is refused. All of them are told to its holder: none says anything about another person. */
export type TokenRefusalReason = 'invalid' | 'no-expiry' | 'no-id' | 'no-type' | 'wrong-type' | 'ended'

export function tokenRefused(reason: TokenRefusalReason): Refusal {
  return refused('token-refused', { reason })
}
