/** Sign-in: the way in. Knows every credential, decides what is needed, and opens the session. */
import type { TokenPair } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { createFactors, type Factors } from './factors.ts'
import { type PasswordAttempt, signInWithPassword } from './first-factor.ts'
import { isTaken, type SignUp, signUp } from './sign-up.ts'

export type { Counted } from './deps.ts'
export type { FactorCaller } from './factor-deps.ts'
export type { Factors } from './factors.ts'
export type { PasswordAttempt } from './first-factor.ts'
export type { SignUp } from './sign-up.ts'

export type SignIn = {
  /**
   * @throws Refusal 'wrong-credentials' (also for unknown and disabled users, after the same time), 'too-busy',
   * 'too-many-requests' { retryAfterSeconds }, 'challenge-required' (both before anything is looked at)
   */
  withPassword(attempt: PasswordAttempt): Promise<TokenPair>
  /** @throws Refusal 'identifier-taken', 'password-refused' { reasons }, 'too-busy', and the two of limits as above */
  signUp(request: SignUp, counted: Counted): Promise<User>
  /**
   * Whether an address is taken: the old API tells it beside other faults of a registration. Counts as one.
   *
   * @throws Refusal the two of limits as above
   */
  isTaken(attempt: Counted & { email: string }): Promise<boolean>
  /** What users do about their own factors. */
  factors: Factors
}

export function createSignIn(deps: SignInDeps): SignIn {
  return {
    withPassword: (attempt) => signInWithPassword(deps, attempt),
    signUp: (request, counted) => signUp(deps, request, counted),
    isTaken: (attempt) => isTaken(deps, attempt),
    factors: createFactors(deps),
  }
}
