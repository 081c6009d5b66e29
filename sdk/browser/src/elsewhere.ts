/** What the other tabs do about the session: whether one of them is refreshing, and how that went. */
import { AuthError } from './auth-error.ts'
import { elapsed, type Reading, readClocks } from './device-time.ts'
import type { TabMessage } from './tabs.ts'
import { createTimer } from './timer.ts'

export type Attempt = Extract<TabMessage, { kind: 'refreshing' }>
type Failure = Extract<TabMessage, { kind: 'refresh-failed' }>

export type Elsewhere = {
  hearAttempt(attempt: Attempt): void
  hearFailure(failure: Failure): void
  /** Whether nobody has said for a while that they are refreshing. */
  isSilent(): boolean
  /** What another tab has failed with since then. */
  failureSince(reading: Reading): AuthError | undefined
  close(): void
}

const SILENT_MS = 3_000 // a tab that refreshes says so every second

/** @param onSilence an attempt was begun, and neither ended nor goes on: the tab was closed, or is frozen */
export function createElsewhere(onSilence: (attempt: Attempt) => void): Elsewhere {
  const silence = createTimer()
  let lastSign: Reading | undefined
  let last: { failure: Failure; at: Reading } | undefined
  return {
    hearAttempt(attempt) {
      lastSign = readClocks()
      // Not all tabs at one moment.
      silence.set(SILENT_MS * (1 + Math.random() / 4), () => onSilence(attempt))
    },
    hearFailure(failure) {
      last = { failure, at: readClocks() }
      silence.clear()
    },
    isSilent: () => !lastSign || elapsed(lastSign, readClocks()) > SILENT_MS,
    failureSince(reading) {
      if (!last || last.at.steady < reading.steady) return undefined
      return new AuthError(last.failure.code, { retryAfterSeconds: last.failure.retryAfterMs / 1000 })
    },
    close: silence.close,
  }
}
