import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Origin } from '../../platform/origin.ts'
import type { PasskeyUse } from '../passkeys/passkeys.ts'
import type { SignInDeps } from './deps.ts'

export type FactorProof =
  | { method: 'totp' | 'recovery_code'; code: string }
  /** What `navigator.credentials.get()` gave. */
  | { method: 'passkey'; response: unknown }

type Proving = {
  userId: number
  /** What a passkey's challenge was issued for, and for which attempt or session. */
  purpose: PasskeyUse['purpose']
  boundTo: string
  origin: Origin
}

/** What a factor of this user proved now, each code and challenge once; undefined: nothing. */
export async function proveFactor(
  { totp, passkeys }: Pick<SignInDeps, 'totp' | 'passkeys'>,
  { userId, purpose, boundTo, origin }: Proving,
  proof: FactorProof,
): Promise<readonly AuthMethod[] | undefined> {
  switch (proof.method) {
    case 'totp':
      return (await totp.check({ userId, code: proof.code, origin })).kind === 'right' ? ['otp'] : undefined
    case 'recovery_code':
      return (await totp.spendRecoveryCode({ userId, code: proof.code, origin })).kind === 'right' ? ['otp'] : undefined
    case 'passkey': {
      const checked = await passkeys.check({ purpose, userId, boundTo, response: proof.response, origin })
      return checked.kind === 'right' ? checked.amr : undefined
    }
  }
}
