/** Sign-in: the way in. Knows every credential, decides what is needed, and opens the session. */
import type { Origin } from '../../platform/origin.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import type { SignInDeps } from './deps.ts'
import type { FactorDeps } from './factor-deps.ts'
import { createFactors, type Factors } from './factors.ts'
import { signInWithPassword } from './first-factor.ts'
import { type SignUp, signUp } from './sign-up.ts'

export type { FactorCaller } from './factor-deps.ts'
export type { Factors } from './factors.ts'
export type { SignUp } from './sign-up.ts'

export type SignIn = {
  /** @throws Refusal 'wrong-credentials' (also for unknown and disabled users, after the same time), 'too-busy' */
  withPassword(attempt: { email: string; password: string; origin: Origin }): Promise<TokenPair>
  /** @throws Refusal 'identifier-taken', 'password-refused' { reasons }, 'too-busy' */
  signUp(request: SignUp): Promise<User>
  /** Whether an address is taken: the old API tells it beside other faults of a registration. */
  isTaken(email: string): Promise<boolean>
  /** What users do about their own factors. */
  factors: Factors
}

export function createSignIn(deps: SignInDeps & FactorDeps): SignIn {
  return {
    withPassword: (attempt) => signInWithPassword(deps, attempt),
    signUp: (request) => signUp(deps, request),
    isTaken: async (email) => (await deps.users.findByEmail(email)) !== undefined,
    factors: createFactors(deps),
  }
}
