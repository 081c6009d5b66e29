/** The only source of time. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** Whole seconds since the epoch, as JWT claims want them (RFC 7519 §2, NumericDate). */
export const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1000)
