/**
 * One tab at a time. Who is tired of waiting works all the same: a tab may be frozen while it holds the lock, and the
 * service gives two refreshes of one token the same successor, so working twice is safe and waiting for ever is not.
 */
import { findLocks, type KeyStorage, type Locks } from './page.ts'
import { jittered } from './retry.ts'
import { pause } from './timer.ts'

/** @param isTired asked again and again, with the milliseconds that were waited so far */
export type Exclusive = <T>(work: () => Promise<T>, isTired: (waitedMs: number) => boolean) => Promise<T>

const POLL_MS = 50

/** Web Locks where there are any (https and localhost), else a lease in the storage. */
export function createExclusive(name: string, storage: KeyStorage): Exclusive {
  const locks = findLocks()
  return locks ? withLock(locks, name) : withLease(storage, name)
}

/** For a session that no other tab knows. */
export const alone: Exclusive = (work) => work()

function withLock(locks: Locks, name: string): Exclusive {
  return async (work, isTired) => {
    const patience = new AbortController()
    const startedAt = performance.now()
    const timer = setInterval(() => isTired(performance.now() - startedAt) && patience.abort(), POLL_MS)
    const workNow = () => {
      clearInterval(timer)
      return work()
    }
    try {
      return await locks.request(name, { signal: patience.signal }, workNow)
    } catch (error) {
      clearInterval(timer)
      if (!patience.signal.aborted) throw error
      return work()
    }
  }
}

type Lease = { readonly holder: string; readonly until: number }

const LEASE_MS = 4_000 // a holder that died is waited for no longer
const RENEW_MS = 1_000
const SETTLE_MS = 25 // until all tabs see the same storage: the last who wrote has it

// Storage has no compare-and-set, so two tabs may now and then both get the lease: see above.
function withLease(storage: KeyStorage, name: string): Exclusive {
  const key = `${name}.lease`
  const read = () => parseLease(storage.getItem(key))
  const write = (lease: Lease) => storage.setItem(key, JSON.stringify(lease))

  async function obtain(holder: string, isTired: (waitedMs: number) => boolean): Promise<void> {
    const startedAt = performance.now()
    while (!isTired(performance.now() - startedAt)) {
      if (isFree(read(), Date.now())) {
        write({ holder, until: Date.now() + LEASE_MS })
        await pause(jittered(SETTLE_MS * 2, Math.random()))
        if (read()?.holder === holder) return
      }
      await pause(jittered(POLL_MS, Math.random()))
    }
  }

  return async (work, isTired) => {
    const holder = String(Math.random())
    await obtain(holder, isTired)
    const isOurs = () => read()?.holder === holder
    const renewal = setInterval(() => isOurs() && write({ holder, until: Date.now() + LEASE_MS }), RENEW_MS)
    try {
      return await work()
    } finally {
      clearInterval(renewal)
      if (isOurs()) storage.removeItem(key)
    }
  }
}

/** A lease that ends later than one can last was written before the clock was set back. */
function isFree(lease: Lease | undefined, now: number): boolean {
  return !lease || lease.until <= now || lease.until > now + LEASE_MS
}

function parseLease(text: string | null): Lease | undefined {
  try {
    const { holder, until } = Object(JSON.parse(text ?? 'null'))
    return typeof holder === 'string' && typeof until === 'number' ? { holder, until } : undefined
  } catch {
    return undefined
  }
}
