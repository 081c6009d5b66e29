/** The right to show the refresh token: one tab at a time has it, and whoever has it knows the newest token. */
import { elapsed, readClocks } from './device-time.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Entry } from './exclusive.ts'
import type { Claim, SessionStore } from './stored-session.ts'
import { pause } from './timer.ts'

export type Claimed = Extract<Claim, { kind: 'claimed' }> & { readonly mark: string }

type Parts = { readonly store: SessionStore /** Begins each of this tab's marks. */; readonly mark: string }

const POLL_MS = 100
// Nobody takes the place of a tab that has said nothing for less than three seconds (elsewhere.ts): until then what a claim
// told is still so. A tab to which that took longer was frozen meanwhile, and asks again.
const FROZEN_MS = 2_000

/**
 * Waits while another tab shows the token, until it is done or gone.
 *
 * @param isNeedless asked while it lasts: whether the other tab has handed over what we wanted
 */
export async function obtainClaim(
  { store, mark }: Parts,
  elsewhere: Elsewhere,
  entry: Entry,
  isNeedless: () => boolean,
): Promise<Claimed | { readonly kind: 'none' } | { readonly kind: 'needless' }> {
  // A tab does one thing at a time, and whose turn ended before the claim did has been closed. Others may be at it for a
  // while: silence tells.
  const isGone = (other: string) =>
    other.startsWith(mark) || (entry === 'turn' && other.endsWith(' turn')) || elsewhere.isGone(other)
  for (;;) {
    const own = `${mark} ${Math.random()} ${entry}` // each time another: nobody has called this one silent yet
    const askedAt = readClocks()
    const claim = await store.claim(own, isGone)
    if (claim.kind === 'none') return claim
    if (claim.kind === 'claimed') {
      if (elapsed(askedAt, readClocks()) < FROZEN_MS) return { ...claim, mark: own }
      continue
    }
    const { sessionId, generation } = claim.session
    elsewhere.watch({ kind: 'refreshing', sessionId, generation, mark: claim.by })
    await pause(POLL_MS)
    if (isNeedless()) return { kind: 'needless' }
  }
}
