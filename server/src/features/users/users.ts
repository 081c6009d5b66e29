/** Users: our record of a person. Knows their identifier (the e-mail address) and whether they may come in, no credential. */
import type { Clock } from '../../platform/clock.ts'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database, Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import { emailKey } from './email-address.ts'
import { importUsers, listHeld } from './import-users.ts'
import * as store from './store.ts'
import type { EmailProof, ImportedUser, NewImportedUser, NewUser, User, UserChange } from './user.ts'

export { emailKey, isEmailAddress, isMailable } from './email-address.ts'
export { type NewAddressFault, newAddressFault, newAddressFaults } from './new-address.ts'
export type { EmailProof, ImportedUser, NewImportedUser, NewUser, User, UserChange } from './user.ts'

export type Users = {
  /** Where a user begins. @throws Refusal 'identifier-taken' */
  create(tx: Db, user: NewUser): Promise<User>
  findByEmail(email: string): Promise<User | undefined>
  find(id: number): Promise<User | undefined>
  /** Users by id, as an operator pages through them. */
  search(query: { emailPrefix: string; after: number; most: number }): Promise<User[]>
  /**
   * Notes the login, if the user may sign in, and locks the row; false: there is no such user, or a disabled one, or one who
   * must prove the address first, or, where that is asked for, one whose sign-in needs a second factor.
   */
  recordLogin(tx: Db, id: number, options?: { unlessSecondFactor?: boolean }): Promise<boolean>
  /** Notes whether a sign-in of this user needs a second factor, in a transaction that holds the row. */
  noteSecondFactor(tx: Db, id: number, isNeeded: boolean): Promise<void>
  /**
   * Locks the row of a user who may sign in, and whose sessions were not all ended after `time` (milliseconds), until the
   * transaction ends; false: there is none, or, where that is asked for, one whose sign-in needs a second factor.
   */
  holdEnabled(tx: Db, id: number, time: number, options?: { unlessSecondFactor?: boolean }): Promise<boolean>
  /** Notes that all sessions of a user who may sign in are ended now, and locks the row; false: there is none. */
  noteSessionsEnded(tx: Db, id: number): Promise<boolean>
  /** Both answer whether something changed. */
  disable(tx: Db, id: number): Promise<boolean>
  enable(tx: Db, id: number): Promise<boolean>
  /** Removes the row. */
  remove(tx: Db, id: number): Promise<boolean>
  /** Everybody with one of these ids or addresses; within a transaction their rows stay locked until it ends. */
  listHeld(tx: Db, ids: readonly number[], emails?: readonly string[]): Promise<User[]>
  /** Gives the next id to nobody, as if somebody had begun here and gone again. */
  skipId(tx: Db): Promise<void>
  /** No new user is given an id up to `highest`: those belong to the users that an import brings, or to nobody. */
  reserveIds(tx: Db, highest: number): Promise<void>
  /**
   * Takes over users: with the ids that they had elsewhere, and without.
   *
   * @returns the ids that were given to the others, by the key of their address
   * @throws UniqueViolation when an id or an address is taken
   */
  import(tx: Db, users: readonly (ImportedUser | NewImportedUser)[]): Promise<Map<string, number>>
  /** Changes a held user. The address stays the same one: it may only be spelled in another case. */
  change(tx: Db, id: number, change: UserChange): Promise<void>
  /** Notes that the user reads what is sent to this address, if it is still the user's. */
  proveEmail(tx: Db, id: number, email: string): Promise<EmailProof>
  /**
   * Gives the user a new address that was proved before, if the present one is still `from`; false: it is not.
   *
   * @throws Refusal 'identifier-taken'
   */
  changeEmail(tx: Db, id: number, change: { from: string; to: string }): Promise<boolean>
  /** Language of mails and pages (BCP 47); null: none is chosen. */
  setLocale(tx: Db, id: number, locale: string | null): Promise<void>
}

export function createUsers({ database, clock }: { database: Database; clock: Clock }): Users {
  const { db } = database
  return {
    create: (tx, user) => refuseTaken(() => store.insertUser(tx, user, clock.now())),
    findByEmail: (email) => store.findUser(db, 'email_key', emailKey(email)),
    find: (id) => store.findUser(db, 'id', id),
    search: (query) => store.searchUsers(db, query),
    recordLogin: (tx, id, { unlessSecondFactor = false } = {}) =>
      store.noteLogin(tx, id, clock.now(), { unlessSecondFactor }),
    noteSecondFactor: (tx, id, isNeeded) => store.noteSecondFactor(tx, id, isNeeded ? clock.now() : null),
    holdEnabled: store.holdEnabled,
    noteSessionsEnded: (tx, id) => store.updateEnabled(tx, id, { sessions_ended_at: clock.now() }),
    disable: (tx, id) => store.updateEnabled(tx, id, { disabled_at: clock.now(), sessions_ended_at: clock.now() }),
    enable: (tx, id) => store.enableUser(tx, id),
    remove: (tx, id) => store.deleteUser(tx, id),
    listHeld,
    skipId: (tx) => store.skipId(tx, clock.now()),
    reserveIds: store.reserveIds,
    import: (tx, users) => importUsers(tx, users, clock.now()),
    change: store.updateUser,
    proveEmail: (tx, id, email) => proveEmail(tx, id, email, clock.now()),
    changeEmail: (tx, id, { from, to }) =>
      refuseTaken(() => store.moveEmail(tx, id, { from, to, verifiedAt: clock.now() })),
    setLocale: store.updateLocale,
  }
}

// The unique key decides, not a look before.
async function refuseTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof UniqueViolation) throw refused('identifier-taken')
    throw error
  }
}

async function proveEmail(tx: Db, id: number, email: string, now: number): Promise<EmailProof> {
  if (await store.verifyEmail(tx, id, email, now)) return 'first'
  const user = await store.findUser(tx, 'id', id)
  return user && emailKey(user.email) === emailKey(email) ? 'again' : 'changed'
}
