import { type AccessToken, toAccessToken } from './access-token.ts'
import { type RefreshAnswer, readRefreshAnswer, type Tokens } from './answers.ts'
import { AuthError } from './auth-error.ts'
import type { Call } from './calls.ts'
import { type Claimed, obtainClaim } from './claim.ts'
import { elapsed, type Reading, readClocks } from './device-time.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Entry, Exclusive } from './exclusive.ts'
import { isOnline } from './page.ts'
import { isLate, nextTry, timeoutOf } from './retry.ts'
import { type StoredSession, toStoredSession } from './session-entries.ts'
import type { SessionStore } from './stored-session.ts'
import type { TabSession } from './tab-session.ts'
import { handOver, type Tabs } from './tabs.ts'
import { pause } from './timer.ts'

export type RefreshParts = {
  call: Call
  store: SessionStore
  session: TabSession
  tabs: Tabs
  exclusive: Exclusive
  /** What this tab's claims are known by. */
  mark: string
}

export type RefreshOutcome =
  | { readonly kind: 'refreshed' }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'failed'; readonly error: AuthError }

export type RefreshOptions = {
  /** Whether to go on without the other tabs, having waited so long for one that is refreshing. */
  readonly isTired: (waitedMs: number) => boolean
  /** Whether to try again at once where an answer may have been lost. */
  readonly isPatient: boolean
}

type TryOptions = { readonly known: AccessToken | undefined; readonly timeoutMs: number }

type Try = RefreshOutcome | Extract<RefreshAnswer, { kind: 'failed' }> | { readonly kind: 'moved' }

const SAY_SO_EVERY_MS = 1_000
const HAND_OVER_MS = 50 // a message to another tab takes a few; a page that is alone waits this long when it is loaded

/**
 * Gets an access token that is newer than the one we have: from a tab that was quicker, or from the service. What was lost
 * on the way is asked for again at once, with the same refresh token, while the service gives the same successor.
 */
export async function refresh(
  parts: RefreshParts,
  elsewhere: Elsewhere,
  { isTired, isPatient }: RefreshOptions,
): Promise<RefreshOutcome> {
  const known = parts.session.access()
  const startedAt = readClocks()
  const sinceFirst = () => elapsed(startedAt, readClocks())
  for (let tries = 1; ; tries++) {
    const outcome = await parts.exclusive(async (entry) => {
      // Who waited for others that failed does not keep the rest waiting for the same.
      const failure = isLate(sinceFirst()) ? elsewhere.failureSince(startedAt) : undefined
      return failure ? failed(failure) : tryOnce(parts, elsewhere, entry, { known, timeoutMs: timeoutOf(sinceFirst()) })
    }, isTired)
    if (outcome.kind === 'moved') continue
    if (outcome.kind !== 'failed' || !('isPassing' in outcome)) return outcome
    const isWorthIt = isPatient && outcome.isPassing && isOnline()
    const wait = isWorthIt ? nextTry(tries, sinceFirst(), retryAfterOf(outcome.error), Math.random()) : undefined
    if (wait === undefined) return outcome
    await pause(wait)
  }
}

async function tryOnce(parts: RefreshParts, elsewhere: Elsewhere, entry: Entry, options: TryOptions): Promise<Try> {
  const { store, session, tabs, call } = parts
  if (await isHandedOver(session, options.known)) return { kind: 'refreshed' }
  const claim = await obtainClaim(parts, elsewhere, entry, () => isNewer(session, options.known))
  if (claim.kind === 'none') return lose(session)
  if (claim.kind === 'needless') return { kind: 'refreshed' }
  // Not one step that waits between the claim and the question: a tab that is frozen in between would ask with an old token.
  const since = readClocks()
  const { session: shown } = claim
  const answer = await sayingSo(tabs, claim, () => ask(call, shown.refreshToken, options.timeoutMs))
  if (answer.kind === 'rotated') return keep(parts, shown, answer.tokens, since)
  if (answer.kind === 'refused') return accept(parts, shown)
  await store.release(claim)
  const code = answer.error.code === 'offline' ? 'offline' : 'unavailable'
  tabs.post({ kind: 'refresh-failed', code, retryAfterMs: retryAfterOf(answer.error) })
  return answer
}

/** Tells the other tabs while it lasts that somebody is refreshing. */
async function sayingSo<T>(tabs: Tabs, { mark, session }: Claimed, work: () => Promise<T>): Promise<T> {
  const { sessionId, generation } = session
  const say = () => tabs.post({ kind: 'refreshing', sessionId, generation, mark })
  say()
  const repeated = setInterval(say, SAY_SO_EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(repeated)
  }
}

/** Whether another tab has refreshed since we wanted to. Its message may be a moment behind what it stored. */
async function isHandedOver(session: TabSession, known: AccessToken | undefined): Promise<boolean> {
  const stored = await session.look()
  if (isNewer(session, known)) return true
  const isOurs = known && known.sessionId === stored?.sessionId && known.generation >= stored.generation
  if (isOurs || !stored) return false
  await session.nextAccess(HAND_OVER_MS)
  return isNewer(session, known)
}

const isNewer = (session: TabSession, known: AccessToken | undefined) => ![undefined, known].includes(session.access())

async function ask(call: Call, refreshToken: string, timeoutMs: number): Promise<RefreshAnswer> {
  try {
    return readRefreshAnswer(await call('/api/token/refresh', { refresh: refreshToken }, { timeoutMs }))
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { kind: 'failed', error, isPassing: true }
  }
}

/** Stores what came, unless the session was left meanwhile. What another tab has stored since stays the newest. */
async function keep(parts: RefreshParts, shown: StoredSession, tokens: Tokens, since: Reading): Promise<Try> {
  const { store, session, tabs } = parts
  const generation = shown.generation + 1
  const next = toStoredSession(tokens.refresh, generation)
  if (!next || !(await store.advance(next))) return lose(session)
  const access = toAccessToken(tokens, generation, since)
  session.take(access)
  tabs.post(handOver(access))
  return { kind: 'refreshed' }
}

/** Accepts that the session has ended, unless what was refused is not what is stored any more. */
async function accept({ store, session, tabs }: RefreshParts, shown: StoredSession): Promise<Try> {
  const left = await store.refuse(shown)
  if (left?.sessionId === shown.sessionId) return { kind: 'moved' }
  session.end(shown.sessionId, 'refused')
  tabs.post({ kind: 'ended', sessionId: shown.sessionId })
  return lose(session)
}

/** The session that we wanted to refresh is not there any more. */
async function lose(session: TabSession): Promise<Try> {
  await session.look()
  return { kind: 'signed-out' }
}

const failed = (error: AuthError): RefreshOutcome => ({ kind: 'failed', error })

export const retryAfterOf = (error: AuthError): number => (error.retryAfterSeconds ?? 0) * 1000
