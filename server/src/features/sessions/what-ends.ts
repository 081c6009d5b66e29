/** By rule, in one place: which sessions of a user end, and when. Pure. */

export type Scope = 'this' | 'others' | 'all'

/** Why sessions end before they expire, and which: the one concerned, all but the one that asks, or all of the user. */
export const whatEnds = {
  logout: 'this',
  'ended-by-user': 'this',
  'others-ended-by-user': 'others',
  'ended-by-operator': 'this',
  'all-ended-by-operator': 'all',
  'refresh-token-reused': 'this', // RFC 9700 §4.14.2
  'password-changed': 'others', // who knew the old one is out; who proved it stays
  'password-recovered': 'all', // nobody proved the old one: whoever is in may be the reason
  'address-proved': 'others', // for the first time: whoever was in before may have been somebody else (CVE-2026-53516)
  'address-change-undone': 'all',
  'factor-removed': 'others',
  'factors-reset': 'all',
  'deletion-requested': 'all', // also the one that asks: whoever signs in again is told, and can take it back
  'user-disabled': 'all',
  'user-erased': 'all',
  'key-compromised': 'all', // that were used since it began to sign
  'imported-as-ended': 'this',
} as const satisfies Readonly<Record<string, Scope>>

/** Why a session ended before it expired. */
export type EndReason = keyof typeof whatEnds

type ReasonOf<S extends Scope> = { [R in EndReason]: (typeof whatEnds)[R] extends S ? R : never }[EndReason]

/** A reason that concerns one session. */
export type OneReason = ReasonOf<'this'>
/** A reason that concerns a user. */
export type UserReason = ReasonOf<'others' | 'all'>

/**
 * Which of the open sessions of a user end.
 *
 * @param asking the session that asks; undefined where it has none, as with a token of the old service: then nothing is kept
 */
export function sessionsToEnd(reason: UserReason, open: readonly string[], asking: string | undefined): string[] {
  return whatEnds[reason] === 'all' ? [...open] : open.filter((id) => id !== asking)
}
