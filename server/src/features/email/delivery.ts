/** When a mail is tried again, and when no more. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A receiver that greylists takes the mail after minutes, one that is down after hours (RFC 5321 §4.5.4.1). */
const pauses = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE]
const LONGEST_PAUSE = HOUR

/** @param attempts how many there were */
export function pauseAfter(attempts: number): number {
  return pauses[attempts - 1] ?? LONGEST_PAUSE
}

/** A notice is worth something for a day; a code only until it has expired. */
export const NOTICE_LIFETIME_MS = DAY

/** How long the development mailbox keeps a mail. */
export const KEPT_MS = DAY

/** `due_at` of a mail that nobody sends: it stays where it is until it is old. */
export const NEVER = Number.MAX_SAFE_INTEGER
