/**
 * Limits: how often something may be tried. Counted in the database, so that all processes count together and a restart
 * forgets nothing. Whoever guesses waits longer and longer; whoever signed in here before does not wait for the guesses of
 * others. Why it is so: docs/adr/0014-limits-in-the-database.md.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { countAttempt } from './count-attempt.ts'
import { createDeviceMarks, type DeviceMarks } from './device-mark.ts'
import { createNetworks } from './network.ts'
import { createProofOfWork } from './proof-of-work.ts'
import type { Purpose } from './rules.ts'
import { type Attempt, createSlotFinder, type Visitor } from './slots.ts'
import { clearBucketsOf, deleteBucketsOf, deleteExpired } from './store.ts'
import { noteRight, noteSuccess, type Taken, take } from './take.ts'

export type { DeviceMark } from './device-mark.ts'
export type { Purpose } from './rules.ts'
export type { Attempt, Visitor } from './slots.ts'
export type { Taken } from './take.ts'

export type LimitsConfig = {
  isOn: boolean
  /** Addresses and CIDR ranges that stand for many people, beside the private ones of our peers. */
  sharedAddresses: readonly string[]
  /** Attempts of people who are not known here, per minute and purpose, all together. */
  globalPerMinute: number
  challenge: 'off' | 'proof-of-work'
}

/** Who signs in to an account. */
export type Signing = { identifierKey: string; visitor: Visitor }

export type Limits = {
  /** The signed names that browsers keep. */
  deviceMarks: DeviceMarks
  /**
   * Which network a visitor is from, for what is counted in memory: one IPv4 address or one IPv6 /64. Undefined: there may be
   * everybody behind it. Known also where limits are off.
   */
  networkOf(visitor: Pick<Visitor, 'address' | 'isPeer'>): string | undefined
  /**
   * Counts one attempt; call it before anything that costs. It is the same for identifiers that exist and that do not.
   *
   * @throws Refusal 'too-many-requests' { retryAfterSeconds }, 'challenge-required' { purpose, reason }, 'database-unavailable'
   */
  take(attempt: Attempt): Promise<Taken>
  /** The attempt was right: call it in the transaction that makes it count. */
  noteSuccess(tx: Db, taken: Taken): Promise<void>
  /** The same where it signs nobody in: where it was made from is not known by it. */
  noteRight(tx: Db, taken: Taken): Promise<void>
  /** The owner of the account proved otherwise who they are: where that was done from is known from now on, as by a sign-in. */
  noteKnown(tx: Db, who: Signing): Promise<void>
  /** The same attempt, whose success makes known to this account where it was made from, whatever it was counted by. */
  signingIn(taken: Taken, who: Signing): Taken
  /**
   * The same around what judges the attempt. Where that is refused because too many wait (`too-busy`), it is as if the attempt had
   * not been made.
   */
  attempt<T>(attempt: Attempt, judge: (taken: Taken) => Promise<T>): Promise<T>
  /** Ends the waits of an account, as when its owner proved otherwise who they are. @returns whether something was counted */
  clear(tx: Db, identifierKey: string): Promise<boolean>
  /** Removes all that is kept about an account. */
  forget(tx: Db, identifierKey: string): Promise<void>
  /** A challenge to be solved before one attempt. @throws Refusal 'not-found' when there are none here */
  issueChallenge(purpose: Purpose): Promise<object>
  /** Removes what is forgotten. @returns how many rows */
  purge(): Promise<number>
}

export function createLimits(deps: { database: Database; clock: Clock; sealer: Sealer; config: LimitsConfig }): Limits {
  const { database, clock, sealer, config } = deps
  const { isOn, globalPerMinute } = config
  const challenge = config.challenge === 'off' ? undefined : createProofOfWork({ db: database.db, clock, sealer })
  const networks = createNetworks(config.sharedAddresses)
  const { slotsOf, accountsOf } = createSlotFinder({ sealer, networks, globalPerMinute })
  const parts = { database, clock, challenge, slotsOf }
  const signingIn: Limits['signingIn'] = ({ slots, counted }, who) => {
    return { slots: { ...slots, familiar: slotsOf({ purpose: 'sign-in', ...who }).familiar }, counted }
  }
  return {
    deviceMarks: createDeviceMarks(sealer),
    networkOf: ({ address, isPeer }) => networks.networkOf(address, isPeer),
    take: async (attempt) => (isOn ? take(parts, attempt) : nothingTaken),
    noteSuccess: async (tx, taken) => (taken === nothingTaken ? undefined : noteSuccess(parts, tx, taken)),
    noteRight: async (tx, taken) => (taken === nothingTaken ? undefined : noteRight(parts, tx, taken)),
    noteKnown: async (tx, who) => (isOn ? noteSuccess(parts, tx, signingIn(nothingTaken, who)) : undefined),
    signingIn: (taken, who) => (taken === nothingTaken ? taken : signingIn(taken, who)),
    attempt: async (attempt, judge) => (isOn ? countAttempt(parts, attempt, judge) : judge(nothingTaken)),
    clear: (tx, identifierKey) => clearBucketsOf(tx, accountsOf(identifierKey)),
    forget: (tx, identifierKey) => deleteBucketsOf(tx, accountsOf(identifierKey)),
    issueChallenge: async (purpose) => {
      if (!challenge) throw refused('not-found')
      return challenge.issue(purpose)
    },
    purge: () => deleteExpired(database.db, clock.now()),
  }
}

const nothingTaken: Taken = { slots: { strange: [], familiar: [] }, counted: [] }
