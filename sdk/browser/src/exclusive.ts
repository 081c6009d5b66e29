/**
 * One tab at a time, as a queue. Who is tired of waiting works all the same: a tab may be frozen while it holds the lock. So
 * this saves waiting and asking; that one tab shows the refresh token at a time is what claims are for (stored-session.ts).
 */
import { findLocks, type Locks } from './page.ts'

/** `turn`: it is this tab's. `late`: another one's, who does not come to an end; or there are no turns. */
export type Entry = 'turn' | 'late'

/** @param isTired asked again and again, with the milliseconds that were waited so far */
export type Exclusive = <T>(work: (entry: Entry) => Promise<T>, isTired: (waitedMs: number) => boolean) => Promise<T>

const POLL_MS = 50

/** Web Locks where there are any: on https and localhost. */
export function createExclusive(name: string): Exclusive {
  const locks = findLocks()
  return locks ? withLock(locks, name) : alone
}

export const alone: Exclusive = (work) => work('late')

function withLock(locks: Locks, name: string): Exclusive {
  return async (work, isTired) => {
    const patience = new AbortController()
    let waitedMs = 0 // counted, not measured: a tab that was frozen has not waited
    const timer = setInterval(() => {
      waitedMs += POLL_MS
      if (isTired(waitedMs)) patience.abort()
    }, POLL_MS)
    const workNow = () => {
      clearInterval(timer)
      return work('turn')
    }
    try {
      return await locks.request(name, { signal: patience.signal }, workNow)
    } catch (error) {
      clearInterval(timer)
      if (!patience.signal.aborted) throw error
      return work('late')
    }
  }
}
