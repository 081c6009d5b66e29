import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import { findAttempt, type OpenAttempt, payTry } from './attempt.ts'
import { openSession } from './complete-sign-in.ts'
import type { SignInDeps } from './deps.ts'
import { noteFailure } from './note-failure.ts'
import { spendAttempt } from './store.ts'

export type SecondProof =
  | { method: 'totp' | 'recovery_code'; code: string }
  /** What `navigator.credentials.get()` gave. */
  | { method: 'passkey'; response: unknown }

/** Options for the passkeys of whoever is half signed in. @throws Refusal 'mfa-token-refused' */
export async function startPasskeyFactor(
  deps: SignInDeps,
  mfaToken: string,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { id, userId } = await getAttempt(deps, mfaToken)
  return deps.passkeys.startCheck({ purpose: 'second-factor', userId, boundTo: id })
}

/**
 * Finishes a sign-in with its second factor. The try is paid for first; whoever spends the attempt, of all that are right at
 * once, gets the session.
 *
 * @throws Refusal 'mfa-token-refused' when the sign-in must begin again, 'second-factor-refused' when another try may follow
 */
export async function finishSignIn(
  deps: SignInDeps,
  { mfaToken, proof, origin }: { mfaToken: string; proof: SecondProof; origin: Origin },
): Promise<TokenPair> {
  const { database, clock, sessions, users } = deps
  const attempt = await getAttempt(deps, mfaToken)
  if (!(await payTry(deps, attempt.id))) throw refused('mfa-token-refused')
  const proven = await prove(deps, attempt, proof, origin)
  if (!proven) {
    await noteFailure(deps, { userId: attempt.userId, origin, reason: `second-factor:${proof.method}` })
    throw refused('second-factor-refused')
  }
  const amr = [...new Set([...attempt.amr, ...proven])]
  const opened = await database.transaction(async (tx) => {
    if (!(await spendAttempt(tx, attempt.id, clock.now()))) return undefined
    // Locks the row. Sessions that were all ended since mean that the first factor may not be what it was.
    if (!(await users.holdEnabled(tx, attempt.userId, attempt.begunAt))) return undefined
    await users.recordLogin(tx, attempt.userId)
    return openSession(deps, tx, { userId: attempt.userId, amr, origin })
  })
  if (!opened) throw refused('mfa-token-refused')
  return sessions.firstTokens(opened.session)
}

async function getAttempt(deps: SignInDeps, mfaToken: string): Promise<OpenAttempt> {
  const attempt = await findAttempt(deps, mfaToken)
  if (!attempt) throw refused('mfa-token-refused')
  return attempt
}

/** What was proven; undefined: nothing. */
async function prove(
  { totp, passkeys }: SignInDeps,
  { id, userId }: OpenAttempt,
  proof: SecondProof,
  origin: Origin,
): Promise<readonly AuthMethod[] | undefined> {
  switch (proof.method) {
    case 'totp':
      return (await totp.check({ userId, code: proof.code, origin })).kind === 'right' ? ['otp'] : undefined
    case 'recovery_code':
      return (await totp.spendRecoveryCode({ userId, code: proof.code, origin })).kind === 'right' ? ['otp'] : undefined
    case 'passkey': {
      const use = { purpose: 'second-factor', userId, boundTo: id } as const
      const checked = await passkeys.check({ ...use, response: proof.response, origin })
      return checked.kind === 'right' ? checked.amr : undefined
    }
  }
}
