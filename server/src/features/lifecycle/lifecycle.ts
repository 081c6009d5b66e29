/** Lifecycle: what touches all parts of a user at once. Import, disable, enable, erase. */
import type { User } from '../users/users.ts'
import type { LifecycleDeps } from './deps.ts'
import { disableUser } from './disable-user.ts'
import { eraseUser } from './erase-user.ts'
import { findUser } from './find-user.ts'
import { beginImport, type PeopleImport } from './import-people.ts'

import { retireKey } from './retire-key.ts'

export type { PeopleImport } from './import-people.ts'
export type { OldToken, TokenOutcome } from './import-tokens.ts'
export type { ImportChange, LeftOut, Loss, OldUser, UserOutcome } from './plan-user.ts'

export type Lifecycle = {
  /** By e-mail address or id. @throws Refusal 'user-unknown' */
  find(identifier: string): Promise<User>
  /** Ends every session of the user, who cannot sign in until enabled again. @returns whether it changed something */
  disable(userId: number): Promise<boolean>
  enable(userId: number): Promise<boolean>
  /** Retires a compromised signing key and ends what it signed. @returns how many sessions @throws Refusal 'not-found' */
  retireKey(keyId: string): Promise<number>
  /** Removes the user, the credentials and the sessions. @returns whether there was such a user */
  erase(userId: number): Promise<boolean>
  /**
   * Begins to take over the users of the old service, for good or as a dry run that only says what would happen.
   *
   * @param highestId the highest id that was ever given there: no new user here gets one of those
   */
  beginImport(options: { dryRun: boolean; highestId: number }): Promise<PeopleImport>
}

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  return {
    find: (identifier) => findUser(deps, identifier),
    disable: (userId) => disableUser(deps, userId),
    enable: (userId) => deps.database.transaction((tx) => deps.users.enable(tx, userId)),
    retireKey: (keyId) => retireKey(deps, keyId),
    erase: (userId) => eraseUser(deps, userId),
    beginImport: (options) => beginImport(deps, options),
  }
}
