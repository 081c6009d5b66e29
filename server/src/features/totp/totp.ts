/**
 * TOTP: codes of an app as a second factor (RFC 6238), and the recovery codes for whoever lost the first one. A secret is
 * sealed at rest, each time step and each recovery code is taken once, and too many failures disable the app.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Users } from '../users/users.ts'
import { adoptTotp } from './adopt-totp.ts'
import { type CodeAttempt, checkTotp, type TotpCheck } from './check-totp.ts'
import { type Enrolling, finishEnrolment, type StartedEnrolment, startEnrolment } from './enrol-totp.ts'
import { makeRecoveryCodes, type RecoveryCheck, spendRecoveryCode } from './recovery-codes.ts'
import { sealAgain } from './seal-again.ts'
import * as store from './store.ts'

export type { CodeAttempt, TotpCheck } from './check-totp.ts'
export type { Enrolling, StartedEnrolment } from './enrol-totp.ts'
export type { RecoveryCheck } from './recovery-codes.ts'

/** The enrolled app of a user. Times are milliseconds since the epoch. */
export type TotpFacts = {
  enrolledAt: number
  lastUsedAt: number | null
  /** After too many failures: it is a factor, and no code of it is right, until the user enrols an app anew. */
  isDisabled: boolean
}

/** What a user has of this feature. None of it is enough to sign in by itself. */
export type TotpFactors = {
  totp: TotpFacts | undefined
  recoveryCodesLeft: number
}

/** Every `tx` is a transaction that holds the user's row. */
export type Totp = {
  /** Never a first factor: a code of six digits proves too little alone (NIST SP 800-63B-4 §3.1.4). */
  isFirstFactor: false
  /** Makes a secret for an app; the enrolment lasts ten minutes and takes the place of one begun before. */
  startEnrolment(tx: Db, user: Enrolling & { identifier: string }): Promise<StartedEnrolment>
  /**
   * Enrols the app that shows this code, in the place of the one before.
   *
   * @throws Refusal 'enrolment-expired', 'totp-code-refused'
   */
  finishEnrolment(tx: Db, proof: Enrolling & { code: string }): Promise<{ hasReplaced: boolean }>
  /** Makes a secret that is known already the user's app, in the place of the one before. False: it is no secret in base 32. */
  adopt(tx: Db, app: { userId: number; secret: string }): Promise<boolean>
  /** Whether the code is right now. What it costs is committed, whatever becomes of the sign-in. */
  check(attempt: CodeAttempt): Promise<TotpCheck>
  /** False: there was none. Recovery codes stay. */
  remove(tx: Db, userId: number): Promise<boolean>
  /** Ten new codes, told this once; those before are void. */
  makeRecoveryCodes(tx: Db, userId: number): Promise<string[]>
  /** Uses a recovery code up. */
  spendRecoveryCode(attempt: CodeAttempt): Promise<RecoveryCheck>
  removeRecoveryCodes(tx: Db, userId: number): Promise<boolean>
  /** @param db the database, or a transaction whose view counts */
  listFactors(db: Db, userId: number): Promise<TotpFactors>
  /** Whether the user has an app as a second factor, also a disabled one: then nobody comes in without a second factor. */
  has(userId: number): Promise<boolean>
  /** Everything of a user goes. */
  removeAllOf(tx: Db, userId: number): Promise<void>
  /** Seals under the SECRET_KEY in use what was sealed under another one. @returns how many */
  sealAgain(): Promise<number>
  /** Removes expired enrolments. @returns how many rows */
  purge(): Promise<number>
}

export type TotpDeps = {
  database: Database
  clock: Clock
  sealer: Sealer
  events: Events
  users: Users
  email: Email
  config: {
    /** What apps name the service. */
    issuer: string
  }
}

export function createTotp(deps: TotpDeps): Totp {
  const { database, clock } = deps
  const enrolDeps = { ...deps, issuer: deps.config.issuer }
  return {
    isFirstFactor: false,
    startEnrolment: (tx, user) => startEnrolment(enrolDeps, tx, user),
    finishEnrolment: (tx, proof) => finishEnrolment(enrolDeps, tx, proof),
    adopt: (tx, app) => adoptTotp(deps, tx, app),
    check: (attempt) => checkTotp(deps, attempt),
    remove: store.deleteTotp,
    makeRecoveryCodes: (tx, userId) => makeRecoveryCodes(deps, tx, userId),
    spendRecoveryCode: (attempt) => spendRecoveryCode(deps, attempt),
    removeRecoveryCodes: store.deleteCodeSet,
    listFactors,
    has: async (userId) => (await store.findTotp(database.db, userId)) !== undefined,
    removeAllOf,
    sealAgain: () => sealAgain(deps),
    purge: () => database.statement((db) => store.deleteExpiredEnrolments(db, clock.now())),
  }
}

async function listFactors(db: Db, userId: number): Promise<TotpFactors> {
  const stored = await store.findTotp(db, userId)
  const totp = stored && {
    enrolledAt: stored.enrolledAt,
    lastUsedAt: stored.lastUsedAt,
    isDisabled: stored.disabledAt !== null,
  }
  return { totp, recoveryCodesLeft: await store.countUnusedCodes(db, userId) }
}

async function removeAllOf(tx: Db, userId: number): Promise<void> {
  await store.deleteTotp(tx, userId)
  await store.deleteEnrolmentsOf(tx, userId)
  await store.deleteCodeSet(tx, userId)
}
