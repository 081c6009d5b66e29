import { type AccessToken, ageOf, dueIn } from './access-token.ts'
import { AuthError } from './auth-error.ts'
import { elapsed, readClocks } from './device-time.ts'
import type { Attempt, Elsewhere } from './elsewhere.ts'
import { isVisible } from './page.ts'
import { type RefreshOutcome, type RefreshParts, refresh, retryAfterOf } from './refresh.ts'
import { backOff } from './retry.ts'
import { createTimer } from './timer.ts'

/** Refreshes in time, one refresh at a time in this tab, and leaves a service in trouble alone for a while. */
export type Refresher = {
  /** Refreshes, or joins the refresh that runs. @throws AuthError 'offline', 'unavailable' */
  refresh(): Promise<void>
  /** Finishes what another tab began, unless that was done. */
  takeOver(attempt: Attempt): Promise<void>
  /** Refreshes unless the token we have will do for a while, or the service wants to be left alone. */
  wake(): Promise<void>
  /** As `wake`. Nobody before the page: its session may become old, as one does that is not used. */
  wakeIfVisible(): void
  /** An access token has come, from the service or from another tab. */
  rest(access: AccessToken): void
  /** The network is back: what failed before says nothing any more. */
  takeHeart(): void
  /** The service wants to be left alone for so long. */
  holdOff(milliseconds: number): void
  close(): void
}

const WAIT_MS = 5_000 // longer than any answer takes that is not lost, and the service's window is 10 s
const TAKE_OVER_WAIT_MS = 500 // the other tab has been silent for seconds already
const MOST_JITTER_MS = 10_000 // so that not all tabs want the next token at one moment

export function createRefresher(parts: RefreshParts, elsewhere: Elsewhere): Refresher {
  const { session } = parts
  const due = createTimer()
  const retry = createTimer()
  let running: Promise<RefreshOutcome> | undefined
  let failures = 0
  let hold = { since: readClocks(), milliseconds: 0 }

  const holdOff = (milliseconds: number) => {
    hold = { since: readClocks(), milliseconds }
  }
  const heldFor = () => hold.milliseconds - elapsed(hold.since, readClocks())

  function runOnce(waitMs = WAIT_MS): Promise<RefreshOutcome> {
    const isTired = (waitedMs: number) => waitedMs >= waitMs && elsewhere.isSilent()
    running ??= refresh(parts, elsewhere, { isTired, isPatient: failures === 0 })
      .then(learn)
      .finally(() => {
        running = undefined
      })
    return running
  }

  function learn(outcome: RefreshOutcome): RefreshOutcome {
    if (outcome.kind !== 'failed') return outcome
    failures += 1
    holdOff(retryAfterOf(outcome.error))
    session.doubt(outcome.error.code === 'offline' ? 'offline' : 'unavailable')
    retry.set(backOff(failures, retryAfterOf(outcome.error), Math.random()), () => void wake())
    return outcome
  }

  async function wake(): Promise<void> {
    if (!(await session.look())) return
    const access = session.access()
    if (access && ageOf(access, readClocks()) === 'fresh') arm(access)
    else if (heldFor() > 0) retry.set(heldFor(), () => void wake())
    else void runOnce()
  }

  function wakeIfVisible(): void {
    if (isVisible()) void wake()
  }

  function arm(access: AccessToken): void {
    const jitter = Math.random() * Math.min(MOST_JITTER_MS, access.lifetimeMs / 20)
    due.set(dueIn(access, readClocks()) + jitter, wakeIfVisible)
  }

  return {
    wake,
    wakeIfVisible,
    holdOff,
    async refresh() {
      if (heldFor() > 0) throw new AuthError('unavailable', { retryAfterSeconds: Math.ceil(heldFor() / 1000) })
      const outcome = await runOnce()
      if (outcome.kind === 'failed') throw outcome.error
    },
    async takeOver({ sessionId, generation }) {
      const stored = await session.look()
      const isUnfinished = stored?.sessionId === sessionId && stored.generation === generation
      if (isUnfinished) void runOnce(TAKE_OVER_WAIT_MS)
    },
    rest(access) {
      failures = 0
      holdOff(0)
      retry.clear()
      arm(access)
    },
    takeHeart() {
      failures = 0
      void wake()
    },
    close() {
      due.close()
      retry.close()
    },
  }
}
