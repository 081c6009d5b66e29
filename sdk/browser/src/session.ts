/** Tokens: what they are, which tab refreshes them, and how every tab hears what came of it. */
import { ageOf, toAccessToken } from './access-token.ts'
import type { Tokens } from './answers.ts'
import { AuthError } from './auth-error.ts'
import type { Call } from './calls.ts'
import { type Reading, readClocks } from './device-time.ts'
import { createElsewhere } from './elsewhere.ts'
import { endSession, type LogoutOutcome } from './end-session.ts'
import { alone, createExclusive } from './exclusive.ts'
import { followTabs } from './follow-tabs.ts'
import { hasPage, type KeyStorage, onOnline, onReturn } from './page.ts'
import type { RefreshParts } from './refresh.ts'
import { createRefresher } from './refresher.ts'
import { createStateCell, type SessionView } from './session-state.ts'
import { createLocalStore, createMemoryStore, toStoredSession } from './stored-session.ts'
import { createTabSession } from './tab-session.ts'
import { handOver, joinTabs, noTabs } from './tabs.ts'

export type Session = {
  readonly view: SessionView
  /** Keeps a session that was just opened and ends the one that it replaces. `since`: the moment before it was asked for. */
  open(tokens: Tokens, since: Reading): Promise<void>
  logout(): Promise<LogoutOutcome>
  /** The id of the session now; undefined: signed out. */
  id(): string | undefined
  /** An access token that can be used; undefined: signed out. @throws AuthError 'offline', 'unavailable' */
  token(): Promise<string | undefined>
  /** Another one than `used`; by default, than the one we have. Otherwise as `token`. */
  renew(used?: string): Promise<string | undefined>
  close(): void
}

const WAIT_MS = 5_000 // a tab that refreshes the session before takes no longer

/**
 * @param shared the storage that all tabs see; undefined: the session is this tab's own
 * @param name the key in it, and what the lock and the channel are called
 */
export function createSession(call: Call, shared: KeyStorage | undefined, name: string): Session {
  const cell = createStateCell()
  const store = shared ? createLocalStore(shared, name) : createMemoryStore()
  const exclusive = shared ? createExclusive(name, shared) : alone
  const tabs = shared ? joinTabs(name) : noTabs
  const session = createTabSession(store, cell, {
    onEnter() {
      tabs.post({ kind: 'ask' })
      queueMicrotask(refresher.wakeIfVisible)
    },
    onTake: (access) => refresher.rest(access),
  })
  const parts: RefreshParts = { call, store, session, tabs, exclusive }
  const elsewhere = createElsewhere((attempt) => refresher.takeOver(attempt))
  const refresher = createRefresher(parts, elsewhere)
  followTabs(tabs, session, refresher, elsewhere)
  const stops = [
    store.onChange(session.look),
    onReturn(refresher.wakeIfVisible),
    onOnline(refresher.takeHeart),
    refresher.close,
    elsewhere.close,
    tabs.close,
  ]

  async function token(): Promise<string | undefined> {
    session.look()
    const access = session.access()
    if (!access) return renew()
    if (ageOf(access, readClocks()) === 'due') refresher.wake()
    return access.token
  }

  async function renew(used = session.access()?.token): Promise<string | undefined> {
    if (!session.look()) return undefined
    if (isOther(session.access()?.token, used)) return session.access()?.token
    await refresher.refresh()
    return session.access()?.token
  }

  if (hasPage()) session.look()
  return {
    view: cell,
    open: (tokens, since) => openSession(parts, tokens, since),
    logout: () => leaveSession(parts),
    id: () => session.look()?.sessionId,
    token,
    renew,
    close: () => {
      for (const stop of stops) stop()
    },
  }
}

const isOther = (token: string | undefined, used: string | undefined) => token !== undefined && token !== used

async function openSession(parts: RefreshParts, tokens: Tokens, since: Reading): Promise<void> {
  const { call, store, session, tabs, exclusive } = parts
  const opened = toStoredSession(tokens.refresh, 1)
  if (!opened) throw new AuthError('unavailable')
  const access = toAccessToken(tokens, 1, since)
  // Not while another tab refreshes the session before: what that tab stores would come after.
  const isTired = (waitedMs: number) => waitedMs >= WAIT_MS
  const replaced = await exclusive(async () => {
    const before = session.look()
    store.write(opened)
    session.enter(opened, access)
    return before
  }, isTired)
  tabs.post(handOver(access))
  if (replaced) void endSession(call, replaced.refreshToken) // its token is forgotten: nobody waits for its end
}

async function leaveSession({ call, store, session, tabs }: RefreshParts): Promise<LogoutOutcome> {
  const stored = session.look()
  if (!stored) return { kind: 'ended' }
  store.remove()
  session.end(stored.sessionId, 'logout')
  tabs.post({ kind: 'ended', sessionId: stored.sessionId })
  return endSession(call, stored.refreshToken)
}
