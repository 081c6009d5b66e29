import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import { emailKey } from '../users/users.ts'
import { completeSignIn, type SignInOutcome } from './complete-sign-in.ts'
import type { SignInDeps } from './deps.ts'
import { noteFailure } from './note-failure.ts'

/**
 * Signs in with e-mail address and password. Unknown user, wrong password and disabled user are one answer after one time:
 * the password is checked in each case, against a stand-in where there is none.
 *
 * @throws Refusal 'wrong-credentials', 'too-busy'
 */
export async function signInWithPassword(
  deps: SignInDeps,
  { email, password, origin }: { email: string; password: string; origin: Origin },
): Promise<SignInOutcome> {
  const user = await deps.users.findByEmail(email)
  const isRight = await deps.passwords.check({ userId: user?.id, identifierKey: emailKey(email), password })
  const outcome = user && isRight ? await completeSignIn(deps, { userId: user.id, amr: ['pwd'], origin }) : undefined
  if (outcome) return outcome
  await noteFailure(deps, { userId: user?.id ?? null, origin, reason: 'password' })
  throw refused('wrong-credentials')
}

/** Options for a passkey of whomever: the authenticator says whose it is. */
export function startPasskeySignIn({ passkeys }: SignInDeps): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return passkeys.startCheck({ purpose: 'sign-in', userId: undefined, boundTo: undefined })
}

/**
 * Signs in with a passkey alone: it verified its user, so nothing more is due.
 *
 * @throws Refusal 'wrong-credentials'
 */
export async function signInWithPasskey(
  deps: SignInDeps,
  { response, origin }: { response: unknown; origin: Origin },
): Promise<SignInOutcome> {
  const use = { purpose: 'sign-in', userId: undefined, boundTo: undefined } as const
  const checked = await deps.passkeys.check({ ...use, response, origin })
  const isRight = checked.kind === 'right'
  const outcome = isRight ? await completeSignIn(deps, { userId: checked.userId, amr: checked.amr, origin }) : undefined
  if (outcome) return outcome
  await noteFailure(deps, { userId: isRight ? checked.userId : null, origin, reason: 'passkey' })
  throw refused('wrong-credentials')
}
