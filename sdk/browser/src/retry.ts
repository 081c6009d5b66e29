/** When to ask again. All times in milliseconds; `random` is between 0 and 1. */

// The service gives a refresh token that was just rotated the same successor again, for 10 s by default
// (REFRESH_GRACE_SECONDS). An answer that was lost must be asked for again within them.
const QUICK_MS = 8_000
const FIRST_WAIT_MS = 100
const SHORT_TIMEOUT_MS = 3_000
const SHORT_UNTIL_MS = 5_000 // a try that starts later is the last one in the window: it may take its time
const LONG_TIMEOUT_MS = 30_000 // as long as the service takes for a request

const BACK_OFF_MS = 1_000
const MOST_BACK_OFF_MS = 60_000

/** Whether the window may have closed since the first try. */
export const isLate = (sinceFirst: number): boolean => sinceFirst > QUICK_MS

/** How long to wait before trying the same refresh token again; undefined: give up for now. */
export function nextTry(tries: number, sinceFirst: number, retryAfter: number, random: number): number | undefined {
  const wait = Math.max(retryAfter, jittered(FIRST_WAIT_MS * 2 ** (tries - 1), random))
  return isLate(sinceFirst + wait) ? undefined : wait
}

/** How long one try may take: the first ones little, so that a lost answer is asked for again in time. */
export function timeoutOf(sinceFirst: number): number {
  return sinceFirst < SHORT_UNTIL_MS ? SHORT_TIMEOUT_MS : LONG_TIMEOUT_MS
}

/** How long to leave the service alone after so many failures in a row, and at least as long as it asks for. */
export function backOff(failures: number, retryAfter: number, random: number): number {
  const wait = Math.min(MOST_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.max(0, failures - 1))
  return Math.max(retryAfter, jittered(wait, random))
}

/** Between half and all of it, so that many tabs and people do not come back at one moment. */
export const jittered = (wait: number, random: number): number => wait * (0.5 + random / 2)
