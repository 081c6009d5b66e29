import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { PasskeyView, Signals } from '../passkeys/passkeys.ts'
import type { StartedEnrolment, TotpFactors } from '../totp/totp.ts'
import { type AddedTotp, addPasskey, addTotp, renewRecoveryCodes, startTotp } from './add-factor.ts'
import { type FactorCaller, type FactorDeps, listCredentials, namingOf } from './factor-deps.ts'
import { removePasskey, removeTotp } from './remove-factor.ts'
import { hasSecondFactor } from './ways-in.ts'

/**
 * The factors of a user, changed by the user. What changes is told as an event; a removal ends the user's other sessions.
 * Who calls has proven freshly who they are: the door asks for that.
 */
export type Factors = {
  /** How strongly a user must have proven who they are to change factors: as strongly as they can. */
  acrToChange(userId: number): Promise<'aal1' | 'aal2'>
  /** The app for codes and the recovery codes. */
  findTotp(userId: number): Promise<TotpFactors>
  startTotp(caller: FactorCaller): Promise<StartedEnrolment>
  /** @throws Refusal 'enrolment-expired', 'totp-code-refused' */
  addTotp(caller: FactorCaller, code: string): Promise<AddedTotp>
  /** @throws Refusal 'not-found' */
  removeTotp(caller: FactorCaller): Promise<void>
  /** Ten new ones. @throws Refusal 'second-factor-missing' */
  renewRecoveryCodes(caller: FactorCaller): Promise<string[]>
  listPasskeys(userId: number): Promise<PasskeyView[]>
  /** What a page tells the user's authenticators. */
  signals(userId: number): Promise<Signals>
  startPasskey(caller: FactorCaller): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** @throws Refusal 'challenge-refused', 'passkey-refused', 'passkey-taken', 'too-many-passkeys' */
  addPasskey(caller: FactorCaller, made: { response: unknown; name: string }): Promise<PasskeyView>
  /** False: this user has none with this id. */
  renamePasskey(userId: number, passkeyId: string, name: string): Promise<boolean>
  /** @throws Refusal 'not-found', 'last-way-in' */
  removePasskey(caller: FactorCaller, passkeyId: string): Promise<void>
}

export function createFactors(deps: FactorDeps): Factors {
  const { database, totp, passkeys } = deps
  return {
    acrToChange: async (userId) =>
      hasSecondFactor(await listCredentials(deps, database.db, userId)) ? 'aal2' : 'aal1',
    findTotp: (userId) => totp.listFactors(database.db, userId),
    startTotp: (caller) => startTotp(deps, caller),
    addTotp: (caller, code) => addTotp(deps, caller, code),
    removeTotp: (caller) => removeTotp(deps, caller),
    renewRecoveryCodes: (caller) => renewRecoveryCodes(deps, caller),
    listPasskeys: (userId) => passkeys.list(database.db, userId),
    signals: async (userId) => passkeys.signals({ userId, ...(await namingOf(deps, userId)) }),
    startPasskey: async (caller) => passkeys.startEnrolment({ ...caller, ...(await namingOf(deps, caller.userId)) }),
    addPasskey: (caller, made) => addPasskey(deps, caller, made),
    renamePasskey: (userId, passkeyId, name) => passkeys.rename(userId, passkeyId, name),
    removePasskey: (caller, passkeyId) => removePasskey(deps, caller, passkeyId),
  }
}
