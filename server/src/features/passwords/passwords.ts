/**
 * Passwords: what is accepted, how it is hashed (Argon2id), and whether a typed one is the user's. Hashes that an import
 * brought from Django are checked as they are and become ours at the first login.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { checkPassword, type PasswordAttempt } from './check-password.ts'
import { loadCommonPasswords } from './common-passwords.ts'
import { createHashQueue } from './hash-queue.ts'
import { type ImportedHash, importHashes } from './import-hashes.ts'
import { makeHash, OWN_HASH_PREFIX, type PreparedPassword } from './own-hash.ts'
import { type AboutUser, type PasswordPolicy, reasonsAgainst } from './policy.ts'
import { type Argon2Parameters, ownScheme } from './scheme.ts'
import { createStandIns } from './stand-ins.ts'
import { deleteHash, insertHash, listHashes } from './store.ts'
import { readHash } from './stored-hash.ts'

export type { PasswordAttempt } from './check-password.ts'
export type { ImportedHash } from './import-hashes.ts'
export type { PreparedPassword } from './own-hash.ts'
export type { AboutUser, PasswordPolicy } from './policy.ts'

export type PasswordsConfig = {
  policy: PasswordPolicy
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
  /** Why the policy refuses this password, in words; empty = accepted. */
  reasonsAgainst(password: string, about: AboutUser): Promise<readonly string[]>
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
  /** What kind of stored hash an import brings. */
  classify(hash: string): HashKind
  /** The hashes of these users, to be compared with what an import brings. */
  listStored(db: Db, userIds: readonly number[]): Promise<Map<number, StoredHash>>
  /** Takes over many hashes at once; those that we wrote ourselves since the last import stay. */
  importHashes(tx: Db, rows: readonly ImportedHash[]): Promise<void>
  /** The password of an erased user goes. */
  remove(tx: Db, userId: number): Promise<void>
}

/** @throws TypeError when the Argon2 parameters are out of bounds */
export function createPasswords(deps: {
  database: Database
  clock: Clock
  sealer: Sealer
  config: PasswordsConfig
}): Passwords {
  const { database, clock, sealer, config } = deps
  const scheme = ownScheme(config.argon2)
  const queue = createHashQueue(clock, { concurrency: config.hashConcurrency, waiting: config.hashQueue })
  const standIns = createStandIns({ db: database.db, clock, sealer, fallback: scheme })
  return {
    reasonsAgainst: async (password, about) => {
      const common = config.policy === 'nist' ? await loadCommonPasswords() : new Set<string>()
      return reasonsAgainst(config.policy, password, about, common)
    },
    prepare: (password) => queue.run(() => makeHash(scheme, password)),
    set: (tx, userId, prepared) => insertHash(tx, userId, prepared, clock.now()),
    check: (attempt) => checkPassword({ database, queue, standIns, scheme }, attempt),
    classify,
    listStored,
    importHashes: (tx, rows) => importHashes(tx, database.kind, rows, clock.now()),
    remove: deleteHash,
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
