/** Sign-in: the way in. Knows every credential, decides what is needed, and opens the session. */
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Assurance, EndedSession, TokenPair } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import { type CodeSignIn, type CodeStart, finishCodeSignIn, startCodeSignIn } from './code-sign-in.ts'
import type { SignInOutcome } from './complete-sign-in.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { createFactors, type Factors } from './factors.ts'
import {
  type PasskeySignIn,
  type PasswordAttempt,
  signInWithPasskey,
  signInWithPassword,
  startPasskeySignIn,
} from './first-factor.ts'
import { endUnproven, removeCodes, removePasskeys, removePassword, type Shown } from './first-proof.ts'
import { finishSignIn, type SecondStep, startPasskeyFactor } from './second-factor.ts'
import { askForProof, isTaken, type SignedUp, type SignUp, signUp } from './sign-up.ts'
import { type StepUpRequest, startPasskeyStepUp, stepUp } from './step-up.ts'
import { deleteAttemptsOf, deleteExpiredAttempts } from './store.ts'

export type { CodeSignIn, CodeStart } from './code-sign-in.ts'
export type { SecondFactorDue, SignedIn, SignInOutcome } from './complete-sign-in.ts'
export type { Counted } from './deps.ts'
export type { FactorCaller } from './factor-deps.ts'
export type { Factors } from './factors.ts'
export type { PasskeySignIn, PasswordAttempt } from './first-factor.ts'
export type { Shown } from './first-proof.ts'
export type { SecondFactor } from './policy.ts'
export type { FactorProof } from './prove-factor.ts'
export type { SecondStep } from './second-factor.ts'
export type { SignedUp, SignUp } from './sign-up.ts'
export type { StepUpProof, StepUpRequest } from './step-up.ts'

export type SignIn = {
  /**
   * @throws Refusal 'wrong-credentials' (also for unknown and disabled users, after the same time), 'too-busy',
   * 'too-many-requests' { retryAfterSeconds }, 'challenge-required' (both before anything is looked at)
   */
  withPassword(attempt: PasswordAttempt): Promise<SignInOutcome>
  /**
   * Mails a code and a link to sign in with.
   *
   * @throws Refusal 'not-found' where that is off, 'mail-not-configured', and the two of limits as above
   */
  startCode(request: CodeStart): Promise<void>
  /** @throws Refusal 'not-found', 'mail-code-refused' { reason }, and the two of limits as above */
  withCode(attempt: CodeSignIn): Promise<SignInOutcome>
  /** Options for `navigator.credentials.get()`, for a passkey of whomever. */
  startPasskey(): Promise<PublicKeyCredentialRequestOptionsJSON>
  /** @throws Refusal 'passkey-unknown', 'wrong-credentials', and the two of limits as above */
  withPasskey(attempt: PasskeySignIn): Promise<SignInOutcome>
  /** Options for the passkeys of whoever is half signed in. @throws Refusal 'mfa-token-refused' */
  startPasskeyFactor(mfaToken: string): Promise<PublicKeyCredentialRequestOptionsJSON>
  /**
   * The second half of a sign-in.
   *
   * @throws Refusal 'mfa-token-refused' when it must begin again, 'second-factor-refused' when another try may follow, and the
   *   two of limits as above
   */
  finish(step: SecondStep): Promise<TokenPair>
  /** Options for a passkey of whoever steps up. */
  startPasskeyStepUp(caller: { userId: number; sessionId: string }): Promise<PublicKeyCredentialRequestOptionsJSON>
  /**
   * Proves again who asks, in their session.
   *
   * @returns what the session stands on now: as before if the proof was weaker than that and added no factor
   * @throws Refusal 'proof-refused', 'token-refused', 'too-busy', and the two of limits as above
   */
  stepUp(request: StepUpRequest): Promise<Assurance>
  /** @throws Refusal 'identifier-taken', 'password-refused' { reasons }, 'too-busy', and the two of limits as above */
  signUp(request: SignUp, counted: Counted): Promise<SignedUp>
  /**
   * Whether an address is taken: the old API tells it beside other faults of a registration. Counts as one.
   *
   * @throws Refusal the two of limits as above
   */
  isTaken(attempt: Counted & { email: string }): Promise<boolean>
  /** What users do about their own factors. */
  factors: Factors
  /** Sends the code that proves the address of a user, where there is mail. */
  askForProof(tx: Db, user: User, origin: Origin): Promise<void>
  /**
   * Ends what was set before the first proof of an address and not shown with it, in a transaction that holds the user's row.
   * Announce the answer after the commit.
   */
  endUnproven(tx: Db, proved: { userId: number; shown: Shown; origin: Origin }): Promise<EndedSession[]>
  /** Takes every credential away, in a transaction that holds the user's row: what is left is to recover the password by mail. */
  removeCredentials(tx: Db, of: { userId: number; origin: Origin }): Promise<void>
  /** Removes attempts of a user that are half done. */
  removeAllOf(tx: Db, userId: number): Promise<void>
  /** Removes expired attempts. @returns how many rows */
  purge(): Promise<bigint>
}

export function createSignIn(deps: SignInDeps): SignIn {
  return {
    withPassword: (attempt) => signInWithPassword(deps, attempt),
    startCode: (request) => startCodeSignIn(deps, request),
    withCode: (attempt) => finishCodeSignIn(deps, attempt),
    startPasskey: () => startPasskeySignIn(deps),
    withPasskey: (attempt) => signInWithPasskey(deps, attempt),
    startPasskeyFactor: (mfaToken) => startPasskeyFactor(deps, mfaToken),
    finish: (step) => finishSignIn(deps, step),
    startPasskeyStepUp: (caller) => startPasskeyStepUp(deps, caller),
    stepUp: (request) => stepUp(deps, request),
    signUp: (request, counted) => signUp(deps, request, counted),
    isTaken: (attempt) => isTaken(deps, attempt),
    factors: createFactors(deps),
    askForProof: (tx, user, origin) => askForProof(deps, tx, user, origin),
    endUnproven: (tx, proved) => endUnproven(deps, tx, proved),
    removeCredentials: async (tx, { userId, origin }) => {
      const caller = { userId, sessionId: undefined, origin }
      await removePassword(deps, tx, caller)
      await removePasskeys(deps, tx, caller)
      await removeCodes(deps, tx, caller)
    },
    removeAllOf: deleteAttemptsOf,
    purge: () => deps.database.statement((db) => deleteExpiredAttempts(db, deps.clock.now())),
  }
}
