/**
 * Passwords: what is accepted, how it is hashed (Argon2id), and whether a typed one is the user's. Hashes that an import
 * brought from Django or another server are checked as they are and become ours at the first login.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Fetch } from '../../platform/fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { createBlocklist } from './blocklist.ts'
import { type BreachLookup, createBreachCheck } from './breached-passwords.ts'
import {
  type ChangePlan,
  changePassword,
  type PasswordChange,
  type PreparedChange,
  prepareChange,
} from './change-password.ts'
import { checkPassword, type PasswordAttempt } from './check-password.ts'
import { type ForeignHash, storedForm } from './foreign-hash.ts'
import { createHashQueue } from './hash-queue.ts'
import { type ImportedHash, importHashes } from './import-hashes.ts'
import { judgePassword } from './judge-password.ts'
import { makeHash, OWN_HASH_PREFIX, type PreparedPassword } from './own-hash.ts'
import type { AboutUser, PasswordPolicy } from './policy.ts'
import { type Argon2Parameters, ownScheme } from './scheme.ts'
import { createStandIns } from './stand-ins.ts'
import { deleteHash, findChangedAt, findHash, insertHash, listHashes, putHash } from './store.ts'
import { readHash, usableHash } from './stored-hash.ts'

export type { BreachLookup } from './breached-passwords.ts'
export type { ChangePlan, PasswordChange, PreparedChange } from './change-password.ts'
export type { PasswordAttempt } from './check-password.ts'
export { type ForeignFormat, type ForeignHash, foreignFormats } from './foreign-hash.ts'
export type { ImportedHash } from './import-hashes.ts'
export type { PreparedPassword } from './own-hash.ts'
export type { AboutUser, PasswordPolicy } from './policy.ts'

export type PasswordsConfig = {
  policy: PasswordPolicy
  /** Where people meet the service: a word that they expect to be accepted. */
  publicUrl: string
  serviceName: string
  /** The operator's words that nobody may choose. */
  blocklist: readonly string[]
  /** Null: passwords are not looked up among breached ones. */
  breaches: BreachLookup | null
  argon2: Argon2Parameters
  /** How many hashes are made or checked at a time. Each takes a core, `memoryKib` and one of libuv's (usually four) threads. */
  hashConcurrency: number
  /** How many more may wait. */
  hashQueue: number
}

export type HashKind =
  | { kind: 'usable'; scheme: string }
  | { kind: 'unusable' }
  | { kind: 'unknown'; algorithm: string }

export type StoredHash = {
  text: string
  /** Written by us, at a registration or a login: no import replaces it. */
  isOurs: boolean
}

export type Passwords = {
  /** Why the policy refuses a password that somebody chose, in words; empty = accepted. Not asked at a sign-in. */
  reasonsAgainst(password: string, about: AboutUser): Promise<readonly string[]>
  /**
   * Asked before anything that costs: of whoever would be refused in the end, the database need not know.
   *
   * @throws Refusal 'too-busy' { retryAfterSeconds } while too many passwords wait for their hashes
   */
  expectRoom(): void
  /** Hashes a new password that the policy accepts, off the event loop. @throws Refusal 'too-busy' { retryAfterSeconds } */
  prepare(password: string): Promise<PreparedPassword>
  /** First password of a user, in the caller's transaction. @throws UniqueViolation when there is one */
  set(tx: Db, userId: number, prepared: PreparedPassword): Promise<void>
  /**
   * Whether the password is the user's; takes the same time when there is no such user. Rewrites an outdated hash.
   *
   * @throws Refusal 'too-busy' { retryAfterSeconds }
   */
  check(attempt: PasswordAttempt): Promise<boolean>
  /** Proves the old password and hashes the new one, before any transaction. @throws Refusal 'too-busy' { retryAfterSeconds } */
  prepareChange(request: PasswordChange): Promise<ChangePlan>
  /**
   * Makes a prepared change, in the transaction that also ends sessions and tells of it.
   *
   * @returns false: the password, or only its hash, was replaced since it was proved; nothing was changed
   */
  change(tx: Db, change: PreparedChange): Promise<boolean>
  /** Gives the user this password, first or not: after a recovery or a fresh sign-in has proved who asks. */
  replace(tx: Db, userId: number, prepared: PreparedPassword): Promise<void>
  /** @returns whether there was one */
  remove(tx: Db, userId: number): Promise<boolean>
  /** Whether the user has a password that can be checked: a way in. */
  has(db: Db, userId: number): Promise<boolean>
  /**
   * When the password was set or changed (milliseconds since the epoch), later at each change; null: there is none. What was
   * issued for the state before a change, such as a recovery code, can be told by it.
   */
  changedAt(db: Db, userId: number): Promise<number | null>
  /** What kind of stored hash an import brings. */
  classify(hash: string): HashKind
  /** The text to store of another server's hash; undefined when it cannot be checked, or would cost too much. */
  storedForm(hash: ForeignHash): string | undefined
  /** The hashes of these users, to be compared with what an import brings. */
  listStored(db: Db, userIds: readonly number[]): Promise<Map<number, StoredHash>>
  /** Takes over many hashes at once; those that we wrote ourselves since the last import stay. */
  importHashes(tx: Db, rows: readonly ImportedHash[]): Promise<void>
}

/** @throws TypeError when the Argon2 parameters are out of bounds */
export function createPasswords(deps: {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  fetch: Fetch
  config: PasswordsConfig
}): Passwords {
  const { database, clock, sealer, config } = deps
  const scheme = ownScheme(config.argon2)
  const queue = createHashQueue(clock, { concurrency: config.hashConcurrency, waiting: config.hashQueue })
  const standIns = createStandIns({ db: database.db, clock, sealer, fallback: scheme })
  const judging = {
    policy: config.policy,
    blocklist: createBlocklist({
      publicUrl: config.publicUrl,
      serviceName: config.serviceName,
      operatorWords: config.blocklist,
    }),
    checkBreaches: config.breaches ? createBreachCheck(deps, config.breaches) : undefined,
  }
  const judge = (password: string, about: AboutUser) => judgePassword(judging, password, about)
  const prepare = (password: string) => queue.run(() => makeHash(scheme, password))
  return {
    reasonsAgainst: judge,
    expectRoom: queue.expectRoom,
    prepare,
    set: (tx, userId, prepared) => insertHash(tx, userId, prepared, clock.now()),
    check: (attempt) => checkPassword({ database, queue, standIns, scheme }, attempt),
    prepareChange: (request) => prepareChange({ database, queue, judge, prepare }, request),
    change: (tx, change) => changePassword(tx, change, clock.now()),
    replace: (tx, userId, prepared) => putHash(tx, database.kind, userId, prepared, clock.now()),
    remove: deleteHash,
    has: async (db, userId) => usableHash((await findHash(db, userId)) ?? '') !== undefined,
    changedAt: async (db, userId) => (await findChangedAt(db, userId)) ?? null,
    classify,
    storedForm,
    listStored,
    importHashes: (tx, rows) => importHashes(tx, database.kind, rows, clock.now()),
  }
}

async function listStored(db: Db, userIds: readonly number[]): Promise<Map<number, StoredHash>> {
  const hashes = await listHashes(db, userIds)
  return new Map([...hashes].map(([id, text]) => [id, { text, isOurs: text.startsWith(OWN_HASH_PREFIX) }]))
}

function classify(hash: string): HashKind {
  const reading = readHash(hash)
  return reading.kind === 'usable' ? { kind: 'usable', scheme: reading.hash.scheme.name } : reading
}
