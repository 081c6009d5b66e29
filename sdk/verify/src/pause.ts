/** Waiting that ends early and keeps no process alive. */

/** Resolves after a time, or at once when the signal says stop. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const stop = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve()
    }
    const timer = setTimeout(stop, milliseconds)
    timer.unref()
    signal.addEventListener('abort', stop)
  })
}

const FIRST_WAIT_MS = 500

/**
 * How long to wait after a number of failures in a row: doubling, at random between half and whole, so that many verifiers do
 * not come back at the same moment.
 */
export function backOffMs(failures: number, mostMs: number): number {
  const whole = Math.min(mostMs, FIRST_WAIT_MS * 2 ** Math.min(failures, 16))
  return whole * (0.5 + Math.random() / 2)
}
