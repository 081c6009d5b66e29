import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import { emailKey } from '../users/users.ts'
import { completeSignIn, type SignInOutcome } from './complete-sign-in.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { noteFailure } from './note-failure.ts'

export type PasswordAttempt = Counted & { email: string; password: string; origin: Origin }
export type PasskeySignIn = Counted & {
  /** What `navigator.credentials.get()` gave. */
  response: unknown
  origin: Origin
}

/**
 * Signs in with e-mail address and password. Unknown user, wrong password, and a user who is disabled or must prove the address
 * first are one answer after one time: the password is checked in each case, against a stand-in where there is nobody to sign in.
 *
 * @throws Refusal 'wrong-credentials', 'too-busy', and those of limits
 */
export async function signInWithPassword(deps: SignInDeps, attempt: PasswordAttempt): Promise<SignInOutcome> {
  const { email, password, origin, visitor, solution } = attempt
  deps.passwords.expectRoom()
  const identifierKey = emailKey(email)
  return deps.limits.attempt({ purpose: 'sign-in', identifierKey, visitor, solution }, async (taken) => {
    const user = await deps.users.findByEmail(email)
    // Whoever may not sign in is nobody here: a right password asks the database for nothing that a wrong one does not.
    const able = user?.isEnabled && !user.awaitsProof ? user : undefined
    const isRight = await deps.passwords.check({ userId: able?.id, identifierKey, password })
    const proven = able && isRight ? ({ userId: able.id, amr: ['pwd'], origin, taken } as const) : undefined
    const outcome = proven && (await completeSignIn(deps, proven))
    if (outcome) return outcome
    await noteFailure(deps, { userId: user?.id ?? null, origin, reason: 'password' })
    throw refused('wrong-credentials')
  })
}

/** Options for a passkey of whomever: the authenticator says whose it is. */
export function startPasskeySignIn({ passkeys }: SignInDeps): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return passkeys.startCheck({ purpose: 'sign-in', userId: undefined, boundTo: undefined })
}

/**
 * Signs in with a passkey alone: it verified its user, so nothing more is due. That nobody has it may be said, for the page to
 * tell the authenticator: it says the same of one that never was as of one that is gone, and of nobody whose it was.
 *
 * @throws Refusal 'passkey-unknown', 'wrong-credentials', and those of limits
 */
export function signInWithPasskey(deps: SignInDeps, attempt: PasskeySignIn): Promise<SignInOutcome> {
  const { response, origin, visitor, solution } = attempt
  return deps.limits.attempt({ purpose: 'sign-in', visitor, solution }, async (taken) => {
    const use = { purpose: 'sign-in', userId: undefined, boundTo: undefined } as const
    const checked = await deps.passkeys.check({ ...use, response, origin })
    const proven = checked.kind === 'right' && { userId: checked.userId, amr: checked.amr, origin, taken }
    const outcome = proven && (await completeSignIn(deps, proven))
    if (outcome) return outcome
    // Whose passkey it is counts once its signature was right: anybody can name one, its id is no secret.
    const userId = 'userId' in checked ? checked.userId : null
    await noteFailure(deps, { userId, origin, reason: 'passkey' })
    throw refused(checked.kind === 'unknown-passkey' ? 'passkey-unknown' : 'wrong-credentials')
  })
}
