/** What follows from an attempt. Pure. */

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Pauses before the second attempt, the third …: the example schedule of Standard Webhooks 1.0, three days in all. */
const pausesMs = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
] as const
const JITTER = 0.1 // what failed together does not come again together
const LONGEST_HOLD_MS = 24 * HOUR_MS

/** Too many requests, bad gateway, unavailable, gateway timeout: all of the receiver wants a pause, not this delivery alone. */
const throttling = new Set([429, 502, 503, 504])
const GONE = 410
const LEAST_HOLD_MS = 5 * SECOND_MS

/** How a receiver answered, or why there is no answer. */
export type Answer = { status: number; retryAfter?: string | undefined } | { failure: string }

export type Next =
  | { kind: 'delivered' }
  /** Tried again then. `holdUntil`: until then nothing is sent to the receiver. */
  | { kind: 'again'; at: number; holdUntil?: number }
  /** Given up: after the last attempt, or because the receiver is gone for good. */
  | { kind: 'dead'; isGone: boolean }

/**
 * @param attempts how many there were, with this one
 * @param chance from 0 to 1
 */
export function nextOf(answer: Answer, attempts: number, now: number, chance: number): Next {
  const status = 'status' in answer ? answer.status : 0
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === GONE) return { kind: 'dead', isGone: true }
  const pauseMs = pausesMs[attempts - 1]
  if (pauseMs === undefined) return { kind: 'dead', isGone: false }
  const at = now + Math.round(pauseMs * (1 + JITTER * chance))
  if (!('status' in answer && throttling.has(status))) return { kind: 'again', at }
  const holdUntil = now + Math.max(LEAST_HOLD_MS, holdMsOf(answer.retryAfter, now))
  return { kind: 'again', at: Math.max(at, holdUntil), holdUntil }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function holdMsOf(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * SECOND_MS : Date.parse(retryAfter) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_HOLD_MS) : 0
}
