import { type AccessToken, ageOf } from './access-token.ts'
import { readClocks } from './device-time.ts'
import type { StoredSession } from './session-entries.ts'
import type { SignedOutReason, StateCell, UnknownReason } from './session-state.ts'
import type { SessionStore } from './stored-session.ts'

export type Seen = Pick<StoredSession, 'sessionId' | 'userId'>

/** The session as this tab knows it: what is stored, the access token in memory, and the state that follows from both. */
export type TabSession = {
  /** The session as it was last read or heard of. */
  seen(): Seen | undefined
  /** What is stored now, once our knowledge agrees with it. */
  look(): Promise<StoredSession | undefined>
  /** The access token of the session, if there is one that is not spent. */
  access(): AccessToken | undefined
  /** Resolves with the next access token that is taken, or after so many milliseconds. */
  nextAccess(withinMs: number): Promise<void>
  /** A newer access token; older ones and those of another session are let fall. */
  take(access: AccessToken): void
  /** A session that was opened here. */
  enter(session: Seen, access: AccessToken): void
  /** The session of this id has ended, whatever is stored. */
  end(sessionId: string, reason: SignedOutReason): void
  /** The service could not be asked. */
  doubt(reason: UnknownReason): void
}

type Listeners = {
  /** There is a session that we have no access token for. */
  onEnter(): void
  onTake(access: AccessToken): void
}

export function createTabSession(store: SessionStore, cell: StateCell, { onEnter, onTake }: Listeners): TabSession {
  let seen: Seen | undefined
  let held: AccessToken | undefined
  const ended = new Set<string>() // an end that we have heard of counts, also while somebody stores the session again
  const waiting = new Set<() => void>()

  async function look(): Promise<StoredSession | undefined> {
    const read = await store.read()
    const stored = read && !ended.has(read.sessionId) ? read : undefined
    if (stored?.sessionId !== seen?.sessionId) change(stored)
    else if (!stored && cell.state.kind === 'unknown') cell.change({ kind: 'signed-out', reason: 'no-session' })
    seen = stored
    return stored
  }

  function change(stored: StoredSession | undefined): void {
    if (seen) leave(stored ? 'replaced' : 'elsewhere')
    seen = stored
    if (!stored) return
    cell.change({ kind: 'unknown', reason: 'starting' })
    onEnter()
  }

  function leave(reason: SignedOutReason): void {
    seen = undefined
    held = undefined
    cell.change({ kind: 'signed-out', reason })
  }

  const access = () => (held && ageOf(held, readClocks()) !== 'spent' ? held : undefined)

  function take(next: AccessToken): void {
    const known = access()
    if (seen?.sessionId !== next.sessionId) return
    if (known && (known.generation > next.generation || known.token === next.token)) return
    hold(seen, next)
  }

  function hold({ userId, sessionId }: Seen, access: AccessToken): void {
    held = access
    cell.change({ kind: 'signed-in', userId, sessionId })
    onTake(access)
    for (const resolve of waiting) resolve()
  }

  return {
    seen: () => seen,
    look,
    access,
    take,
    nextAccess: (withinMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer)
          waiting.delete(done)
          resolve()
        }
        const timer = setTimeout(done, withinMs)
        waiting.add(done)
      }),
    enter(session, next) {
      if (seen) leave('replaced')
      seen = session
      hold(session, next)
    },
    end(sessionId, reason) {
      ended.add(sessionId)
      if (seen?.sessionId === sessionId) leave(reason)
    },
    doubt(reason) {
      if (seen && !access()) cell.change({ kind: 'unknown', reason })
    },
  }
}
