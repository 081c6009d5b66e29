/** What the other tabs do about the session: whether one of them is refreshing, and how that went. */
import { AuthError } from './auth-error.ts'
import { type Reading, readClocks } from './device-time.ts'
import type { TabMessage } from './tabs.ts'

export type Attempt = Extract<TabMessage, { kind: 'refreshing' }>
type Failure = Extract<TabMessage, { kind: 'refresh-failed' }>

export type Elsewhere = {
  hearAttempt(attempt: Attempt): void
  /** An attempt that was read of and not heard of. */
  watch(attempt: Attempt): void
  hearFailure(failure: Failure): void
  /** Whether the tab of the last attempt has said nothing for a while; also when there was none. */
  isSilent(): boolean
  /** Whether it is that attempt that nothing more was heard of. */
  isGone(mark: string): boolean
  /** What another tab has failed with since then. */
  failureSince(reading: Reading): AuthError | undefined
  close(): void
}

const SILENT_MS = 3_000 // a tab that refreshes says so every second
const TICK_MS = 100

/**
 * Silence is counted in ticks of this tab and not measured: after sleep nobody has been silent, and a tab that was frozen has
 * messages to read first.
 *
 * @param onSilence an attempt was begun, and neither ended nor goes on: the tab was closed, or is frozen
 */
export function createElsewhere(onSilence: (attempt: Attempt) => void): Elsewhere {
  let last: { attempt: Attempt; silentMs: number; patienceMs: number } | undefined
  let failed: { failure: Failure; at: Reading } | undefined
  let ticking: ReturnType<typeof setInterval> | undefined

  function stop(): void {
    clearInterval(ticking)
    ticking = undefined
  }

  function tick(): void {
    if (!last) return
    last.silentMs += TICK_MS
    if (last.silentMs < last.patienceMs) return
    stop()
    onSilence(last.attempt)
  }

  function hearAttempt(attempt: Attempt): void {
    // Not all tabs at one moment.
    last = { attempt, silentMs: 0, patienceMs: SILENT_MS * (1 + Math.random() / 4) }
    ticking ??= setInterval(tick, TICK_MS)
  }

  const isSilent = () => !last || last.silentMs >= SILENT_MS

  return {
    hearAttempt,
    watch(attempt) {
      if (last?.attempt.mark !== attempt.mark) hearAttempt(attempt)
    },
    hearFailure(failure) {
      failed = { failure, at: readClocks() }
      last = undefined
      stop()
    },
    isSilent,
    isGone: (mark) => last?.attempt.mark === mark && isSilent(),
    failureSince(reading) {
      if (!failed || failed.at.steady < reading.steady) return undefined
      return new AuthError(failed.failure.code, { retryAfterSeconds: failed.failure.retryAfterMs / 1000 })
    },
    close: stop,
  }
}
