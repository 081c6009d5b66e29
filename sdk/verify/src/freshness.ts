import { type Clock, createAge, type Moment } from './clock.ts'

/** How long ago the revocation feed was last known to be complete. */
export type Freshness = {
  /** A page came. @param iat when the issuer says it was true, in seconds */
  observe(iat: number): void
  /** Infinite before the first page. */
  ageMs(now?: Moment): number
}

// Clocks of machines differ; a page is taken for old by our wall clock only beyond that.
const CLOCK_DIFFERENCE_MS = 30_000
// What was learnt about the issuer's clock is forgotten after one to two of these, in case it was set back.
const WINDOW_MS = 60_000

/**
 * Judges pages by the issuer's clock against our monotonic one. The page that came with the least delay shows how the two
 * stand to each other; any page that is behind that was held up on its way, repeated, or kept by a cache, and is as old as it
 * is behind. The first page is held against the wall clock.
 */
export function createFreshness(clock: Clock): Freshness {
  const age = createAge(clock)
  let lastIat = Number.NaN
  let windowBegan = Number.NEGATIVE_INFINITY
  let ahead = Number.NEGATIVE_INFINITY // of the issuer's clock against our monotonic one
  let aheadBefore = Number.NEGATIVE_INFINITY

  return {
    observe(iat) {
      if (iat === lastIat) return // the same page again says nothing new
      lastIat = iat
      const now = clock.monotonic()
      if (now - windowBegan > WINDOW_MS) {
        aheadBefore = ahead
        ahead = Number.NEGATIVE_INFINITY
        windowBegan = now
      }
      const trueAt = iat * 1000
      ahead = Math.max(ahead, trueAt - now, clock.now() - CLOCK_DIFFERENCE_MS - now)
      const delay = Math.max(ahead, aheadBefore) + now - trueAt
      if (delay < age.ms()) age.begin(delay)
    },
    ageMs: age.ms,
  }
}
