/**
 * Time as the device measures it between two moments. Nothing here is ever compared with the time of the service: the
 * device's wall clock may be days off.
 */

export type Reading = {
  /** Milliseconds on a clock that nobody can set; it may stand still while the device sleeps. */
  readonly steady: number
  /** Milliseconds on the clock of the device; it goes on during sleep and may be set. */
  readonly wall: number
}

export const readClocks = (): Reading => ({ steady: performance.now(), wall: Date.now() })

/**
 * Milliseconds from one reading to another: what the clock says that counted more. So sleep counts, and a wall clock that is
 * set back does not make a token younger; one that is set forward costs one early refresh.
 */
export function elapsed(from: Reading, to: Reading): number {
  return Math.max(to.steady - from.steady, to.wall - from.wall)
}

/** The reading of so many milliseconds before. */
export function before(reading: Reading, milliseconds: number): Reading {
  return { steady: reading.steady - milliseconds, wall: reading.wall - milliseconds }
}
