import { setTimeout as wait } from 'node:timers/promises'

const LONGEST_PAUSE_MS = 30_000

/**
 * Runs `step` again and again: at once when it answers true, after a poll when there was nothing more, after growing pauses
 * while it fails.
 */
export async function repeatUntil(
  until: AbortSignal,
  { pollMs, onError }: { pollMs: number; onError: (error: unknown) => void },
  step: () => Promise<boolean>,
): Promise<void> {
  let failures = 0
  while (!until.aborted) {
    const outcome = await step().catch((error: unknown) => ({ error }))
    if (outcome === true) continue
    const isFailure = outcome !== false
    failures = isFailure ? failures + 1 : 0
    if (isFailure && !until.aborted) onError(outcome.error)
    await pause(isFailure ? Math.min(LONGEST_PAUSE_MS, pollMs * 2 ** Math.min(failures, 10)) : pollMs, until)
  }
}

/** Waits so long, or until the signal. */
export async function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal: until, ref: false }).catch(() => {}) // an abort ends it
}
