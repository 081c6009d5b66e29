/**
 * Test mode: what tests of other applications do to this service, and nobody else may. It moves the clock, reads the mails that
 * are not sent, makes users as they are needed, and begins anew. Loaded only where `TEST_MODE` is on.
 */
import type { MovableClock } from '../../platform/movable-clock.ts'
import { type CapturedMail, createCapturedMails, type MailQuery } from './captured-mails.ts'
import type { TestModeDeps } from './deps.ts'
import { reset } from './reset.ts'
import { type Seed, type SeededUser, seedUser } from './seed-user.ts'

export type { CapturedMail, MailQuery } from './captured-mails.ts'
export type { TestModeDeps } from './deps.ts'
export type { Seed, SeededUser } from './seed-user.ts'

export type TestMode = {
  clock: Pick<MovableClock, 'now' | 'aheadBy'>
  /** Moves the clock of the whole service forward; resolves when every job has done what is due by then. */
  advance(milliseconds: number): Promise<void>
  /**
   * The mails that were written, the latest first; at most the latest 200. Waits until there is one, as long as `signal` lets it:
   * none: it was aborted first.
   */
  mails(query: MailQuery, signal?: AbortSignal): Promise<CapturedMail[]>
  /** Removes mails. @returns how many */
  removeMails(query: MailQuery): Promise<number>
  /**
   * Makes a user, with all that is asked for.
   *
   * @throws Refusal 'identifier-taken', 'password-refused' { reasons }, 'malformed-request', 'not-found' (a role)
   */
  seed(seed: Seed): Promise<SeededUser>
  /** Removes what people made: users and all that is theirs, mails and limits. Keys, roles, events and the clock stay. @returns how many users */
  reset(): Promise<number>
}

export function createTestMode(deps: TestModeDeps): TestMode {
  const { clock } = deps
  const captured = createCapturedMails(deps.email)
  return {
    clock,
    async advance(milliseconds) {
      clock.advance(milliseconds)
      await deps.catchUp()
    },
    ...captured,
    seed: (seed) => seedUser(deps, seed),
    reset: () => reset(deps),
  }
}
