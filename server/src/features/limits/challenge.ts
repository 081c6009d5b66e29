import type { Purpose } from './rules.ts'

/** Why a solution was not taken. */
export type ChallengeFault = 'missing' | 'wrong' | 'expired' | 'used'

/** Something that costs a machine, or a person, more than asking us costs. Proof of work is one; a CAPTCHA would be another. */
export type Challenge = {
  /** A challenge for one attempt of this purpose, as JSON. Nothing is stored. */
  issue(purpose: Purpose): Promise<object>
  /** Whether the solution is good: for this purpose, in time, and never seen before. A good one is spent by asking. */
  check(purpose: Purpose, solution: string | undefined): Promise<'solved' | ChallengeFault>
}
