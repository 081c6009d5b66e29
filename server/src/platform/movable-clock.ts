/** A clock that goes on as the one beneath it, and can be moved forward: for test mode only. */
import type { Clock } from './clock.ts'

export type MovableClock = Clock & {
  /** How far ahead it is, in milliseconds. */
  aheadBy(): number
  /** Never back: what has expired stays expired, and nothing has been done in the future. */
  advance(milliseconds: number): void
}

export function createMovableClock(source: Clock): MovableClock {
  let ahead = 0
  return {
    now: () => source.now() + ahead,
    aheadBy: () => ahead,
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new TypeError('a clock is moved forward only')
      ahead += milliseconds
    },
  }
}
