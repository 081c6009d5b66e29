/** Tokens: what they are, which tab refreshes them, and how every tab hears what came of it. */
import { ageOf, toAccessToken } from './access-token.ts'
import type { Tokens } from './answers.ts'
import { AuthError } from './auth-error.ts'
import type { Call } from './calls.ts'
import { type Reading, readClocks } from './device-time.ts'
import { createElsewhere } from './elsewhere.ts'
import { endSession, type LogoutOutcome } from './end-session.ts'
import { createMemoryEntries } from './entries.ts'
import { alone, createExclusive } from './exclusive.ts'
import { followTabs } from './follow-tabs.ts'
import { createIndexedEntries } from './indexed-entries.ts'
import { hasPage, onOnline, onReturn } from './page.ts'
import type { RefreshParts } from './refresh.ts'
import { createRefresher } from './refresher.ts'
import { toStoredSession } from './session-entries.ts'
import { createStateCell, type SessionView } from './session-state.ts'
import { createSessionStore } from './stored-session.ts'
import { createTabSession, type Seen } from './tab-session.ts'
import { handOver, joinTabs, noTabs } from './tabs.ts'

export type Session = {
  readonly view: SessionView
  /** Where the refresh token lives. */
  storage(): 'local' | 'memory'
  /** Keeps a session that was just opened and ends the one that it replaces. `since`: the moment before it was asked for. */
  open(tokens: Tokens, since: Reading): Promise<void>
  logout(): Promise<LogoutOutcome>
  /** The id of the session now; undefined: signed out. */
  id(): Promise<string | undefined>
  /** An access token that can be used; undefined: signed out. @throws AuthError 'offline', 'unavailable' */
  token(): Promise<string | undefined>
  /** Another one than `used`; by default, than the one we have. Otherwise as `token`. */
  renew(used?: string): Promise<string | undefined>
  close(): void
}

/**
 * @param wantsShared whether all tabs share the session where the browser allows it; else it is this tab's own
 * @param name what the database, the lock and the channel are called
 */
export function createSession(call: Call, wantsShared: boolean, name: string): Session {
  const cell = createStateCell()
  const entries = wantsShared ? createIndexedEntries(name) : createMemoryEntries()
  const isShared = entries.kind === 'local'
  const store = createSessionStore(entries)
  const exclusive = isShared ? createExclusive(name) : alone
  const tabs = isShared ? joinTabs(name) : noTabs
  const session = createTabSession(store, cell, {
    onEnter() {
      tabs.post({ kind: 'ask' })
      queueMicrotask(refresher.wakeIfVisible)
    },
    onTake: (access) => refresher.rest(access),
  })
  const parts: RefreshParts = { call, store, session, tabs, exclusive, mark: String(Math.random()) }
  const elsewhere = createElsewhere((attempt) => void refresher.takeOver(attempt))
  const refresher = createRefresher(parts, elsewhere)
  followTabs(tabs, session, refresher, elsewhere)
  const stops = [
    onReturn(refresher.wakeIfVisible),
    onOnline(refresher.takeHeart),
    refresher.close,
    elsewhere.close,
    tabs.close,
    store.close,
  ]
  let loading: Promise<unknown> | undefined

  /** The session, once the store was read for the first time. */
  async function seen(): Promise<Seen | undefined> {
    loading ??= session.look()
    await loading
    return session.seen()
  }

  async function token(): Promise<string | undefined> {
    await seen()
    const access = session.access()
    if (!access) return renew()
    if (ageOf(access, readClocks()) === 'due') void refresher.wake()
    return access.token
  }

  async function renew(used = session.access()?.token): Promise<string | undefined> {
    if (!(await seen())) return undefined
    if (isOther(session.access()?.token, used)) return session.access()?.token
    await refresher.refresh()
    return session.access()?.token
  }

  if (hasPage()) void seen()
  return {
    view: cell,
    storage: () => store.kind,
    open: (tokens, since) => openSession(parts, tokens, since),
    logout: async () => ((await seen()) ? leaveSession(parts) : { kind: 'ended' }),
    id: async () => (await seen())?.sessionId,
    token,
    renew,
    close: () => {
      for (const stop of stops) stop()
    },
  }
}

const isOther = (token: string | undefined, used: string | undefined) => token !== undefined && token !== used

async function openSession(parts: RefreshParts, tokens: Tokens, since: Reading): Promise<void> {
  const { call, store, session, tabs } = parts
  const opened = toStoredSession(tokens.refresh, 1)
  if (!opened) throw new AuthError('unavailable')
  const access = toAccessToken(tokens, 1, since)
  const replaced = await store.open(opened)
  session.enter(opened, access)
  tabs.post(handOver(access))
  if (replaced) void endSession(call, replaced.refreshToken) // its token is forgotten: nobody waits for its end
}

async function leaveSession({ call, store, session, tabs }: RefreshParts): Promise<LogoutOutcome> {
  const leave = (sessionId: string) => {
    session.end(sessionId, 'logout')
    tabs.post({ kind: 'ended', sessionId })
  }
  const seen = session.seen()
  if (seen) leave(seen.sessionId)
  const stored = await store.clear()
  if (!stored) return { kind: 'ended' }
  leave(stored.sessionId) // another one, when somebody has signed in elsewhere and we had not heard of it yet
  return endSession(call, stored.refreshToken)
}
