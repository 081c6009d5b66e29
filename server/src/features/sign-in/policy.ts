/** Which factors a sign-in still needs. Pure: the same rule for every way in. */
import type { AuthMethod } from '../../../../contract/claims.ts'

/** What a user could prove besides. */
export type Factors = {
  hasTotp: boolean
  /** Recovery codes that were not spent. */
  recoveryCodes: number
  passkeys: number
}

/** In the order in which a person should be offered them: what cannot be phished comes first. */
export const secondFactors = ['passkey', 'totp', 'recovery_code'] as const
export type SecondFactor = (typeof secondFactors)[number]

/**
 * The methods of which one must follow; none: the sign-in is complete. Whoever has set up a second factor is asked for one,
 * whichever way the first was proven (CVE-2024-45042, CVE-2026-9091): a code by mail is one factor as a password is. A passkey
 * that verified its user is two at once (NIST SP 800-63B-4 §3.1.7).
 */
export function dueFactors(proven: readonly AuthMethod[], factors: Factors): readonly SecondFactor[] {
  if (proven.includes('mfa')) return []
  const isSetUp = factors.hasTotp || factors.passkeys > 0
  if (!isSetUp) return []
  const isOffered: Readonly<Record<SecondFactor, boolean>> = {
    passkey: factors.passkeys > 0,
    totp: factors.hasTotp,
    recovery_code: factors.recoveryCodes > 0,
  }
  return secondFactors.filter((method) => isOffered[method])
}
