import type { Database } from '../../platform/db.ts'
import { chain } from './chain.ts'
import { hasUnchained, holdHead, listUnchained, moveHead, saveChained } from './store.ts'

/** `lost`: the lease is another process's; nothing was written. */
export type Extension = { kind: 'lost' } | { kind: 'extended'; count: number; sequence: number; hash: string }

/** Up to so many events in one transaction: long enough to be fast, short enough to keep no writer of SQLite waiting. */
export const CHAINED_AT_ONCE = 512

/**
 * Gives committed events their places behind the end of the chain. They are found by not having one, wherever they are: a
 * transaction that took long may commit below others that have theirs already, and is not missed. The row of the lease is
 * locked first, so that whoever lost it, by whatever clock, writes nothing.
 *
 * @returns undefined: nothing is waiting
 */
export async function extendChain(
  { database }: { database: Database },
  holder: string,
): Promise<Extension | undefined> {
  if (!(await hasUnchained(database.db))) return undefined // looks, and costs no commit
  return database.transaction(async (tx): Promise<Extension> => {
    const end = await holdHead(tx, holder)
    if (!end) return { kind: 'lost' }
    const chained = chain(end, await listUnchained(tx, CHAINED_AT_ONCE))
    const last = chained.at(-1)
    if (!last) return { kind: 'extended', count: 0, ...end }
    await saveChained(tx, chained)
    await moveHead(tx, last)
    return { kind: 'extended', count: chained.length, sequence: last.sequence, hash: last.hash }
  })
}
