/** Lifecycle: what touches all parts of a user at once. Import, disable, enable, erase. */

import type { Db } from '../../platform/db.ts'
import type { Step, Urgency } from '../keys/keys.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import { actorOf, atTheShell, type Doer } from './acting.ts'
import { changeRole, defineRole, removeRole } from './change-roles.ts'
import { clearLimits } from './clear-limits.ts'
import { type CreatedUser, createUser } from './create-user.ts'
import type { Deletion, Undoing } from './deletion.ts'
import type { LifecycleDeps } from './deps.ts'
import { disableUser, enableUser } from './disable-user.ts'
import { endSession, endSessions } from './end-sessions.ts'
import { eraseDue } from './erase-due.ts'
import { type Erasing, eraseHeld, eraseUser } from './erase-user.ts'
import { findUser } from './find-user.ts'
import { beginImport, type PeopleImport } from './import-people.ts'
import { type DeletionRequest, type RequestedDeletion, requestDeletion } from './request-deletion.ts'
import { type FactorReset, type FactorsReset, resetFactors } from './reset-factors.ts'
import { retireKey } from './retire-key.ts'
import { findDeletion } from './store.ts'
import { undoDeletion, undoDeletionOf } from './undo-deletion.ts'
import { watchAdmins } from './watch-admins.ts'

export type { Doer } from './acting.ts'
export type { CreatedUser } from './create-user.ts'
export type { Deletion } from './deletion.ts'
export type { PeopleImport } from './import-people.ts'
export type { OldToken, TokenOutcome } from './import-tokens.ts'
export type { ImportChange, LeftOut, Loss, OldUser, UserOutcome } from './plan-user.ts'
export type { RequestedDeletion } from './request-deletion.ts'
export { type FactorReset, type FactorsReset, type ResettableFactor, resettableFactors } from './reset-factors.ts'

export type Lifecycle = {
  /** By e-mail address or id. @throws Refusal 'user-unknown' */
  find(identifier: string): Promise<User>
  /** A user whom an operator makes. @throws Refusal 'identifier-taken', 'password-refused', 'not-permitted', 'not-found' */
  create(user: CreatedUser, by?: Doer): Promise<User>
  /**
   * Ends every session of the user, who cannot sign in until enabled again. As all changes here: without `by`, the operator's
   * shell does it; whoever acts on somebody who may do more is refused, and here and where it says so, on themselves.
   *
   * @returns whether it changed something
   * @throws Refusal 'not-permitted'
   */
  disable(userId: number, by?: Doer): Promise<boolean>
  enable(userId: number, by?: Doer): Promise<boolean>
  /** Ends the waits of the user's account. @returns whether there were any @throws Refusal 'user-unknown', 'not-permitted' */
  clearLimits(userId: number, by?: Doer): Promise<boolean>
  /** Ends the sessions of a user. @returns how many @throws Refusal 'not-permitted' */
  endSessions(userId: number, by?: Doer): Promise<number>
  /** Ends one of them. False: the user has no such session, or it has ended. @throws Refusal 'not-permitted' */
  endSession(userId: number, sessionId: string, by?: Doer): Promise<boolean>
  /**
   * Takes factors away from a user who lost them, and ends every session; whoever has nothing left to sign in with is mailed a
   * code to set a password.
   *
   * @throws Refusal 'user-unknown', 'not-permitted' (also one's own), 'last-way-in' where there is no mail for that code
   */
  resetFactors(reset: FactorReset, by?: Doer): Promise<FactorsReset>
  /** Takes the steps of the key ring that are due, or hurries them. */
  rotateKeys(urgency: Urgency, by?: Doer): Promise<Step[]>
  /** Retires a compromised signing key and ends what it signed. @returns how many sessions @throws Refusal 'not-found' */
  retireKey(keyId: string, by?: Doer): Promise<number>
  /** Removes another user, the credentials and the sessions. @returns whether there was such a user @throws Refusal 'not-permitted' */
  erase(userId: number, by?: Doer): Promise<boolean>
  /** The same in a transaction that holds the user's row. @returns the sessions that ended, to be announced after the commit */
  eraseHeld(tx: Db, user: User, erasing: Erasing): Promise<EndedSession[]>
  /**
   * The user asks for the account to be deleted, when the delay is over; all sessions end at once.
   *
   * @throws Refusal 'token-refused' when the user is gone, and those of limits
   */
  requestDeletion(request: DeletionRequest): Promise<RequestedDeletion>
  /** The deletion of this account that waits. */
  findDeletion(userId: number): Promise<Deletion | undefined>
  /** Takes it back in the caller's transaction. @returns whether it was this call that did */
  undoDeletion(tx: Db, userId: number, undoing: Undoing): Promise<boolean>
  /** The same by an operator. @throws Refusal 'not-permitted' */
  undoDeletionOf(userId: number, by?: Doer): Promise<boolean>
  /** Erases the accounts whose deletion is due. @returns how many */
  eraseDue(): Promise<number>
  /** Nobody takes one from themselves. @returns whether it changed something @throws Refusal 'user-unknown', 'not-found', 'not-permitted' */
  changeRole(change: { userId: number; role: string; isGranted: boolean }, by?: Doer): Promise<boolean>
  /** Makes or changes a role. @throws Refusal 'not-permitted', 'malformed-request', 'conflict' */
  defineRole(role: { name: string; permissions: readonly string[] }, by?: Doer): Promise<void>
  /** Removes a role, also from everybody who has it. @throws Refusal 'not-permitted', 'not-found' */
  removeRole(name: string, by?: Doer): Promise<void>
  /**
   * Begins to take over the users of the old service, for good or as a dry run that only says what would happen.
   *
   * @param highestId the highest id that was ever given there: no new user here gets one of those
   */
  beginImport(options: { dryRun: boolean; highestId: number }): Promise<PeopleImport>
}

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const watched = <T>(userId: number, change: () => Promise<T>) => watchAdmins(deps, userId, change)
  return {
    find: (identifier) => findUser(deps, identifier),
    create: (user, by = atTheShell) => createUser(deps, user, by),
    disable: (userId, by = atTheShell) => watched(userId, () => disableUser(deps, userId, by)),
    enable: (userId, by = atTheShell) => enableUser(deps, userId, by),
    clearLimits: (userId, by = atTheShell) => clearLimits(deps, userId, by),
    endSessions: (userId, by = atTheShell) => endSessions(deps, userId, by),
    endSession: (userId, sessionId, by = atTheShell) => endSession(deps, userId, sessionId, by),
    resetFactors: (reset, by = atTheShell) => resetFactors(deps, reset, by),
    rotateKeys: (urgency, by = atTheShell) => deps.keys.rotate(urgency, { actor: actorOf(by), origin: by.origin }),
    retireKey: (keyId, by = atTheShell) => retireKey(deps, keyId, by),
    erase: (userId, by = atTheShell) => watched(userId, () => eraseUser(deps, userId, by)),
    eraseHeld: async (tx, user, erasing) => (await eraseHeld(deps, tx, user, erasing)) ?? [],
    requestDeletion: (request) => watched(request.userId, () => requestDeletion(deps, request)),
    findDeletion: (userId) => findDeletion(deps.database.db, userId),
    undoDeletion: (tx, userId, undoing) => undoDeletion(deps, tx, userId, undoing),
    undoDeletionOf: (userId, by = atTheShell) => undoDeletionOf(deps, userId, by),
    eraseDue: () => eraseDue(deps),
    changeRole: (change, by = atTheShell) => watched(change.userId, () => changeRole(deps, change, by)),
    defineRole: (role, by = atTheShell) => defineRole(deps, role, by),
    removeRole: (name, by = atTheShell) => removeRole(deps, name, by),
    beginImport: (options) => beginImport(deps, options),
  }
}
