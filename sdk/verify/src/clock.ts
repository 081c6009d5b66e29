/** Time as the verifier sees it. */
export type Clock = {
  /** Milliseconds since the epoch. May jump. */
  now(): number
  /** Milliseconds since some moment. Never goes backwards; may stand still while the machine sleeps. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** What both clocks say at once. */
export type Moment = { readonly wall: number; readonly monotonic: number }

export function readClock(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

export type Age = {
  /** @param agoMs how long ago it was, if not now */
  begin(agoMs?: number): void
  /** Milliseconds since the beginning; infinite before the first. @param now spares a look at the clocks */
  ms(now?: Moment): number
}

/**
 * How old something is. Both clocks are asked and the older answer counts: the wall clock may be set back, and the monotonic
 * one sleeps with the machine.
 */
export function createAge(clock: Clock): Age {
  let began: Moment = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY }
  return {
    begin(agoMs = 0) {
      const { wall, monotonic } = readClock(clock)
      began = { wall: wall - agoMs, monotonic: monotonic - agoMs }
    },
    ms: (now = readClock(clock)) => Math.max(now.wall - began.wall, now.monotonic - began.monotonic),
  }
}
