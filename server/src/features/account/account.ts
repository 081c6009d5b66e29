/**
 * Account: what people do about their own account, signed in or by what they read in a mail. The address is proved, changed and
 * given back, the password changed and recovered. What was set by somebody who is not the owner of the address ends.
 */
import type { Origin } from '../../platform/origin.ts'
import type { MailProof } from '../email/email.ts'
import type { Deletion, RequestedDeletion } from '../lifecycle/lifecycle.ts'
import type { User } from '../users/users.ts'
import {
  type AddressChangeProof,
  finishAddressChange,
  requestAddressChange,
  undoAddressChange,
} from './change-address.ts'
import { changePassword, type PasswordChangeRequest } from './change-password.ts'
import { deleteAccount, showAccount, undoDeletion, undoDeletionByMail, type WayBack } from './delete-account.ts'
import type { AccountCaller, AccountDeps, Counted } from './deps.ts'
import { type AccountExport, exportAccount } from './export-account.ts'
import { type HistoryEntry, type HistoryPage, showHistory } from './history.ts'
import { changeProfile, type ProfileChange } from './profile.ts'
import type { ProofOutcome } from './proof.ts'
import { type AddressProof, proveAddress, requestProof } from './prove-address.ts'
import { type Recovery, type RecoveryRequest, recoverPassword, requestRecovery } from './recover-password.ts'

export type { PasswordChangeRequest } from './change-password.ts'
export type { AccountCaller, AccountDeps } from './deps.ts'
export type { AccountExport, ExportedEvent } from './export-account.ts'
export type { HistoryEntry, HistoryPage } from './history.ts'
export type { ProfileChange } from './profile.ts'
export type { ProofOutcome, Spoiled } from './proof.ts'
export type { AddressProof } from './prove-address.ts'
export type { Recovery, RecoveryRequest } from './recover-password.ts'

/**
 * All that mails something throws Refusal 'mail-not-configured', and all that is counted 'too-many-requests'
 * { retryAfterSeconds } and 'challenge-required'.
 */
export type Account = {
  /** @throws Refusal 'token-refused' */
  show(caller: AccountCaller): Promise<{ user: User; deletion: Deletion | undefined }>
  /** What happened to the account, the latest first. @throws Refusal 'token-refused', 'not-found' for a cursor that is none */
  history(caller: AccountCaller, page: HistoryPage): Promise<HistoryEntry[]>
  /** A copy of all that is kept about the caller. @throws Refusal 'token-refused' */
  export(caller: AccountCaller, counted: Counted): Promise<AccountExport>
  changeProfile(caller: AccountCaller, change: ProfileChange): Promise<User>
  /** @throws Refusal 'proof-refused', 'password-refused' { reasons }, 'conflict', 'too-busy', 'token-refused' */
  changePassword(caller: AccountCaller, request: PasswordChangeRequest): Promise<void>
  /** Answers the same, after the same time, for an address that nobody has. */
  requestRecovery(request: RecoveryRequest): Promise<void>
  /** @throws Refusal 'password-refused' { reasons }, 'too-busy' */
  recoverPassword(recovery: Recovery): Promise<ProofOutcome>
  /** Mails the caller another code to prove the address with. */
  requestProof(caller: AccountCaller, counted: Counted): Promise<void>
  /** `wrong-password`: nothing was used up. @throws Refusal 'too-busy' */
  proveAddress(request: AddressProof): Promise<ProofOutcome | { kind: 'wrong-password' }>
  /** @throws Refusal 'conflict' when the caller has that address */
  requestAddressChange(
    caller: AccountCaller,
    request: Counted & { address: string; locale: string | null },
  ): Promise<void>
  /** `wrong-password`: nothing was used up. @throws Refusal 'identifier-taken', 'too-busy' */
  finishAddressChange(change: AddressChangeProof): Promise<ProofOutcome | { kind: 'wrong-password' }>
  /** Asks for the account to be deleted; all sessions end, also the one that asks. @throws Refusal 'token-refused' */
  delete(caller: AccountCaller, counted: Counted): Promise<RequestedDeletion & { waysBack: readonly WayBack[] }>
  /** @throws Refusal 'token-refused', 'not-found' when no deletion waits */
  undoDeletion(caller: AccountCaller): Promise<void>
  undoDeletionByMail(request: Counted & { proof: MailProof; origin: Origin }): Promise<ProofOutcome>
  undoAddressChange(request: Counted & { token: string; origin: Origin }): Promise<ProofOutcome>
}

export function createAccount(deps: AccountDeps): Account {
  return {
    show: (caller) => showAccount(deps, caller),
    history: (caller, page) => showHistory(deps, caller, page),
    export: (caller, counted) => exportAccount(deps, caller, counted),
    changeProfile: (caller, change) => changeProfile(deps, caller, change),
    changePassword: (caller, request) => changePassword(deps, caller, request),
    requestRecovery: (request) => requestRecovery(deps, request),
    recoverPassword: (recovery) => recoverPassword(deps, recovery),
    requestProof: (caller, counted) => requestProof(deps, caller, counted),
    proveAddress: (request) => proveAddress(deps, request),
    requestAddressChange: (caller, request) => requestAddressChange(deps, caller, request),
    finishAddressChange: (change) => finishAddressChange(deps, change),
    delete: (caller, counted) => deleteAccount(deps, caller, counted),
    undoDeletion: (caller) => undoDeletion(deps, caller),
    undoDeletionByMail: (request) => undoDeletionByMail(deps, request),
    undoAddressChange: (request) => undoAddressChange(deps, request),
  }
}
