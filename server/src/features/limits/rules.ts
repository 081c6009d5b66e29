/** The numbers: which buckets an attempt takes from, and how large they are. One table; docs/how-to/limits.md shows it. */
import type { GrowingRule, Rule, SteadyRule } from './bucket.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** What is attempted. */
export type Purpose =
  | 'sign-in'
  | 'step-up'
  | 'sign-up'
  | 'mail'
  | 'mail-along'
  | 'mail-to-self'
  | 'mail-code'
  | 'export'
  | 'challenge'

/**
 * `account`: an identifier, whoever asks. `pair`: an identifier from one network or device. `known`: an identifier from a device
 * or a network from which it signed in before; then nothing else counts. `address`: a network, whatever it asks for.
 */
export type BucketKind = 'account' | 'pair' | 'known' | 'address' | 'global'

export type Limit<R extends Rule = Rule> = {
  readonly rule: R
  /** How full a bucket is when a challenge is due, if challenges are on. */
  readonly challengeAt: number
}

export type PurposeLimits = {
  readonly account?: Limit
  /** Whose bucket of the account it takes from. Default: its own. */
  readonly accountOf?: Purpose
  readonly pair?: Limit<GrowingRule>
  /** Whoever signed in before counts here alone. */
  readonly known?: Limit<GrowingRule>
  /** Also of everybody together. */
  readonly address?: Limit<SteadyRule>
}

const NEVER = Number.POSITIVE_INFINITY

/** What a right attempt gives back to steady buckets: it costs a tenth of a wrong one. */
export const SUCCESS_REFUND = 0.9

/** A mailbox is not to be filled by strangers. */
const mailsToOne = { kind: 'steady', burst: 5, refillMs: 5 * MINUTE } as const

export const limits: Readonly<Record<Purpose, PurposeLimits>> = {
  'sign-in': {
    // Thirty, because attempts count until they are found right: so many of one account may be under way at once.
    account: { rule: { kind: 'growing', free: 30 }, challengeAt: 0.5 },
    // Ten: who forgot a password tries three or four. Fewer than the account's, so that one network cannot use that up.
    pair: { rule: { kind: 'growing', free: 10 }, challengeAt: 0.5 },
    // As many as a pair: from outside, whether a device is known must not show.
    known: { rule: { kind: 'growing', free: 10 }, challengeAt: NEVER },
    // A campus behind one address: 1,000 people sign in for the first time within minutes, or 100 of them mistype.
    address: { rule: { kind: 'steady', burst: 100, refillMs: 10 * SECOND }, challengeAt: 0.5 },
  },
  // Only who is signed in, or has the link of a mail, gets here, so that the guesses of strangers, which are sign-ins, never keep
  // the owner from it.
  'step-up': {
    // All sessions of the account together: whoever found an open one has ten guesses, and then waits as strangers do.
    account: { rule: { kind: 'growing', free: 10 }, challengeAt: NEVER },
    address: { rule: { kind: 'steady', burst: 100, refillMs: 10 * SECOND }, challengeAt: NEVER },
  },
  'sign-up': {
    // Each attempt tells whether the address is taken. A form that is sent again and again takes a few.
    account: { rule: { kind: 'steady', burst: 20, refillMs: 30 * SECOND }, challengeAt: 0.5 },
    // A class that registers together.
    address: { rule: { kind: 'steady', burst: 100, refillMs: 30 * SECOND }, challengeAt: 0.1 },
  },
  mail: {
    account: { rule: mailsToOne, challengeAt: 0.5 },
    address: { rule: { kind: 'steady', burst: 50, refillMs: 30 * SECOND }, challengeAt: 0.2 },
  },
  // Mails that come of a registration in private, which was counted by network and in all, and had its challenge.
  'mail-along': { account: { rule: mailsToOne, challengeAt: NEVER }, accountOf: 'mail' },
  // Mails that somebody signed in has sent to their own address: strangers who have mails sent there do not count.
  'mail-to-self': {
    // Slower than those of strangers: whoever registers an address that is not theirs has these, too.
    account: { rule: { kind: 'steady', burst: 5, refillMs: 15 * MINUTE }, challengeAt: NEVER },
    address: { rule: { kind: 'steady', burst: 50, refillMs: 30 * SECOND }, challengeAt: NEVER },
  },
  // Five tries a code are counted with the code itself. These are those of all codes of an address, one after the other: 100 in a
  // row in four days, then one a day or 30 days of quiet, which makes 1,100 a year at the most: 1 in 900 to guess one of
  // 1,000,000. A right code ends the row, of strangers too: whoever shows one a day from where they are not known leaves a
  // guesser 60 a day, 1 in 45 a year. Links are not counted by account: nobody guesses them, and the owner always has one.
  'mail-code': {
    // Four codes that were tried to the end.
    account: { rule: { kind: 'growing', free: 20 }, challengeAt: NEVER },
    pair: { rule: { kind: 'growing', free: 10 }, challengeAt: NEVER },
    known: { rule: { kind: 'growing', free: 10 }, challengeAt: NEVER },
    address: { rule: { kind: 'steady', burst: 100, refillMs: 10 * SECOND }, challengeAt: NEVER },
  },
  export: {
    // All that is kept about somebody is read. Once is enough; whoever lost the file, or clicked twice, has two more.
    account: { rule: { kind: 'steady', burst: 3, refillMs: 20 * MINUTE }, challengeAt: NEVER },
    address: { rule: { kind: 'steady', burst: 50, refillMs: 30 * SECOND }, challengeAt: NEVER },
  },
  challenge: { address: { rule: { kind: 'steady', burst: 100, refillMs: SECOND }, challengeAt: NEVER } },
}

/** How many rows a global bucket is spread over: one row would be the one that every sign-in of the service waits for. */
export const GLOBAL_SHARDS = 8

export function globalLimit(perMinute: number): Limit<SteadyRule> {
  const burst = Math.max(1, Math.floor(perMinute / GLOBAL_SHARDS))
  return { rule: { kind: 'steady', burst, refillMs: Math.ceil(MINUTE / burst) }, challengeAt: NEVER }
}
