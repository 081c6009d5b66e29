import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Taken } from '../limits/limits.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import { emailKey } from '../users/users.ts'
import { findAttempt, type OpenAttempt, payTry } from './attempt.ts'
import { openSession, type Proven } from './complete-sign-in.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { noteFailure } from './note-failure.ts'
import { type FactorProof, proveFactor } from './prove-factor.ts'
import { spendAttempt } from './store.ts'

/** Options for the passkeys of whoever is half signed in. @throws Refusal 'mfa-token-refused' */
export async function startPasskeyFactor(
  deps: SignInDeps,
  mfaToken: string,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { id, userId } = await getAttempt(deps, mfaToken)
  return deps.passkeys.startCheck({ purpose: 'second-factor', userId, boundTo: id })
}

export type SecondStep = Counted & { mfaToken: string; proof: FactorProof; origin: Origin }

/**
 * Finishes a sign-in with its second factor. The try is paid for first, in this attempt and in the account's limits, so that
 * nobody who knows the password gets more tries by beginning anew; whoever spends the attempt, of all that are right at once,
 * gets the session.
 *
 * @throws Refusal 'mfa-token-refused' when the sign-in must begin again, 'second-factor-refused' when another try may follow,
 *   and those of limits
 */
export async function finishSignIn(deps: SignInDeps, step: SecondStep): Promise<TokenPair> {
  const { mfaToken, proof, origin } = step
  const attempt = await getAttempt(deps, mfaToken)
  const { id, userId } = attempt
  const taken = await countTry(deps, attempt, step)
  if (!(await payTry(deps, id))) throw refused('mfa-token-refused')
  const proven = await proveFactor(deps, { userId, purpose: 'second-factor', boundTo: id, origin }, proof)
  if (!proven) {
    await noteFailure(deps, { userId, origin, reason: `second-factor:${proof.method}` })
    throw refused('second-factor-refused')
  }
  const amr = [...new Set([...attempt.amr, ...proven])]
  return spend(deps, attempt, { userId, amr, origin, taken })
}

/**
 * After a password it is counted with passwords. After a proof of the mailbox it is counted with what else strangers do not get to,
 * so that whoever goes on guessing at the password does not keep the owner from it.
 */
async function countTry(
  { limits, users }: SignInDeps,
  { userId, amr }: OpenAttempt,
  { visitor, solution }: Counted,
): Promise<Taken> {
  const user = await users.find(userId)
  if (!user) throw refused('mfa-token-refused')
  const identifierKey = emailKey(user.email)
  const purpose = amr.includes('email') ? 'step-up' : 'sign-in'
  const taken = await limits.take({ purpose, identifierKey, visitor, solution })
  return limits.signingIn(taken, { identifierKey, visitor })
}

async function spend(deps: SignInDeps, attempt: OpenAttempt, proven: Proven): Promise<TokenPair> {
  const { database, clock, sessions, users } = deps
  const opened = await database.transaction(async (tx) => {
    if (!(await spendAttempt(tx, attempt.id, clock.now()))) return undefined
    // Locks the row. Sessions that were all ended since mean that the first factor may not be what it was.
    if (!(await users.holdEnabled(tx, attempt.userId, attempt.begunAt))) return undefined
    if (!(await users.recordLogin(tx, attempt.userId))) return undefined
    return openSession(deps, tx, proven)
  })
  if (!opened) throw refused('mfa-token-refused')
  return sessions.firstTokens(opened.session)
}

async function getAttempt(deps: SignInDeps, mfaToken: string): Promise<OpenAttempt> {
  const attempt = await findAttempt(deps, mfaToken)
  if (!attempt) throw refused('mfa-token-refused')
  return attempt
}
