/** Who is signed in, as the program around us sees it, and who wants to be told when that changes. */

export type SessionState =
  | { readonly kind: 'signed-in'; readonly userId: number; readonly sessionId: string }
  | { readonly kind: 'signed-out'; readonly reason: SignedOutReason }
  /** There is a session, and the service has not confirmed it: nobody is signed out because a network is away. */
  | { readonly kind: 'unknown'; readonly reason: UnknownReason }

export type SignedOutReason =
  /** Nobody had signed in when the page was loaded. */
  | 'no-session'
  | 'logout'
  /** Another tab was left, or was told by the service that the session had ended. */
  | 'elsewhere'
  /** The service ended the session: unused for too long, ended by an operator, or its token was used by somebody else. */
  | 'refused'
  /** Somebody signed in anew; `signed-in` follows. */
  | 'replaced'

export type UnknownReason = 'starting' | 'offline' | 'unavailable'

export type SessionView = {
  /** The same object until it changes. */
  readonly state: SessionState
  /** Calls with each new state. @returns what ends that */
  subscribe(listener: (state: SessionState) => void): () => void
}

export type StateCell = SessionView & { change(next: SessionState): void }

export function createStateCell(): StateCell {
  let state: SessionState = { kind: 'unknown', reason: 'starting' }
  const listeners = new Set<(state: SessionState) => void>()
  return {
    get state() {
      return state
    },
    subscribe(listener) {
      const own = (next: SessionState) => listener(next) // the same function twice is two subscriptions
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    change(next) {
      if (isSame(state, next)) return
      state = next
      for (const listener of [...listeners]) tell(listener, next)
    },
  }
}

/** A listener that fails is the page's fault: reported as such, and the session goes on. */
function tell(listener: (state: SessionState) => void, state: SessionState): void {
  try {
    listener(state)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

const isSame = (a: SessionState, b: SessionState): boolean => JSON.stringify(a) === JSON.stringify(b)
