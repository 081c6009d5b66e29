import { type AccessToken, toAccessToken } from './access-token.ts'
import { type RefreshAnswer, readRefreshAnswer, type Tokens } from './answers.ts'
import { AuthError } from './auth-error.ts'
import type { Call } from './calls.ts'
import { elapsed, type Reading, readClocks } from './device-time.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Exclusive } from './exclusive.ts'
import { isOnline } from './page.ts'
import { isLate, nextTry, timeoutOf } from './retry.ts'
import { type SessionStore, type StoredSession, toStoredSession } from './stored-session.ts'
import type { TabSession } from './tab-session.ts'
import { handOver, type Tabs } from './tabs.ts'
import { pause } from './timer.ts'

export type RefreshParts = {
  call: Call
  store: SessionStore
  session: TabSession
  tabs: Tabs
  exclusive: Exclusive
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
    const outcome = await parts.exclusive(async () => {
      // Who waited for others that failed does not keep the rest waiting for the same.
      const failure = isLate(sinceFirst()) ? elsewhere.failureSince(startedAt) : undefined
      return failure ? failed(failure) : tryOnce(parts, known, timeoutOf(sinceFirst()))
    }, isTired)
    if (outcome.kind === 'moved') continue
    if (outcome.kind !== 'failed' || !('isPassing' in outcome)) return outcome
    const isWorthIt = isPatient && outcome.isPassing && isOnline()
    const wait = isWorthIt ? nextTry(tries, sinceFirst(), retryAfterOf(outcome.error), Math.random()) : undefined
    if (wait === undefined) return outcome
    await pause(wait)
  }
}

async function tryOnce(parts: RefreshParts, known: AccessToken | undefined, timeoutMs: number): Promise<Try> {
  const { session, tabs } = parts
  if (await isHandedOver(session, known)) return { kind: 'refreshed' }
  const stored = session.look()
  if (!stored) return { kind: 'signed-out' }
  const since = readClocks()
  const answer = await sayingSo(tabs, stored, () => ask(parts.call, stored.refreshToken, timeoutMs))
  if (answer.kind === 'rotated') return keep(parts, stored, answer.tokens, since)
  if (answer.kind === 'refused') return accept(parts, stored)
  const code = answer.error.code === 'offline' ? 'offline' : 'unavailable'
  tabs.post({ kind: 'refresh-failed', code, retryAfterMs: retryAfterOf(answer.error) })
  return answer
}

/** Tells the other tabs while it lasts that somebody is refreshing. */
async function sayingSo<T>(tabs: Tabs, { sessionId, generation }: StoredSession, work: () => Promise<T>): Promise<T> {
  const say = () => tabs.post({ kind: 'refreshing', sessionId, generation })
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
  const stored = session.look()
  const isNewer = () => ![undefined, known].includes(session.access())
  if (isNewer()) return true
  const isOurs = known && known.sessionId === stored?.sessionId && known.generation >= stored.generation
  if (isOurs || !stored) return false
  await session.nextAccess(HAND_OVER_MS)
  return isNewer()
}

async function ask(call: Call, refreshToken: string, timeoutMs: number): Promise<RefreshAnswer> {
  try {
    return readRefreshAnswer(await call('/api/token/refresh', { refresh: refreshToken }, { timeoutMs }))
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { kind: 'failed', error, isPassing: true }
  }
}

/** Stores what came, unless the session was left or another tab went further meanwhile. */
function keep({ store, session, tabs }: RefreshParts, stored: StoredSession, tokens: Tokens, since: Reading): Try {
  const now = session.look()
  if (now?.sessionId !== stored.sessionId) return { kind: 'signed-out' }
  const generation = stored.generation + 1
  const next = toStoredSession(tokens.refresh, generation)
  if (next && now.generation === stored.generation) store.write(next)
  const access = toAccessToken(tokens, generation, since)
  session.take(access)
  tabs.post(handOver(access))
  return { kind: 'refreshed' }
}

/** Accepts that the session has ended, unless what was refused is not what is stored any more. */
function accept({ store, session, tabs }: RefreshParts, stored: StoredSession): Try {
  const now = session.look()
  if (now?.sessionId !== stored.sessionId) return { kind: 'signed-out' }
  if (now.generation > stored.generation) return { kind: 'moved' }
  store.remove()
  session.end(stored.sessionId, 'refused')
  tabs.post({ kind: 'ended', sessionId: stored.sessionId })
  return { kind: 'signed-out' }
}

const failed = (error: AuthError): RefreshOutcome => ({ kind: 'failed', error })

export const retryAfterOf = (error: AuthError): number => (error.retryAfterSeconds ?? 0) * 1000
