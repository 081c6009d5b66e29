import { type AccessToken, ageOf } from './access-token.ts'
import { readClocks } from './device-time.ts'
import type { SignedOutReason, StateCell, UnknownReason } from './session-state.ts'
import type { SessionStore, StoredSession } from './stored-session.ts'

/** The session as this tab knows it: what is stored, the access token in memory, and the state that follows from both. */
export type TabSession = {
  /** What is stored now, once our knowledge agrees with it. */
  look(): StoredSession | undefined
  /** The access token of the session, if there is one that is not spent. */
  access(): AccessToken | undefined
  /** Resolves with the next access token that is taken, or after so many milliseconds. */
  nextAccess(withinMs: number): Promise<void>
  /** A newer access token; older ones and those of another session are let fall. @returns whether it was taken */
  take(access: AccessToken): boolean
  /** A session that was opened here. */
  enter(session: StoredSession, access: AccessToken): void
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
  let seen: StoredSession | undefined
  let held: AccessToken | undefined
  const ended = new Set<string>() // tabs see the same storage a moment apart: an end that we know of counts
  const waiting = new Set<() => void>()

  function look(): StoredSession | undefined {
    const read = store.read()
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

  function take(next: AccessToken): boolean {
    const session = look()
    const known = access()
    if (session?.sessionId !== next.sessionId) return false
    if (known && (known.generation > next.generation || known.token === next.token)) return false
    hold(session, next)
    return true
  }

  function hold({ userId, sessionId }: StoredSession, access: AccessToken): void {
    held = access
    cell.change({ kind: 'signed-in', userId, sessionId })
    onTake(access)
    for (const resolve of waiting) resolve()
  }

  return {
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
