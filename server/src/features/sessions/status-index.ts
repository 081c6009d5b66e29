import { afterCommit } from '../../platform/after-commit.ts'
import type { Db } from '../../platform/db.ts'
import { STATUS_INDEXES_A_ROW } from './status-list.ts'
import { insertStatusRow } from './store.ts'

export type StatusIndexes = {
  /** A number that no session was given before, in the transaction that opens one. */
  take(tx: Db, now: number): Promise<number>
}

/**
 * Numbers for the bits of status lists. The database counts rows, and each row is a run of numbers: the session that made the row
 * is given the first, sessions of this process that come later are given the others. Those are kept only once the row is
 * committed, since SQLite counts a row that was rolled back again; what is left of them when the process ends is given to nobody.
 */
export function createStatusIndexes(): StatusIndexes {
  const left: number[] = []
  return {
    async take(tx, now) {
      const next = left.pop()
      if (next !== undefined) return next
      const first = (await insertStatusRow(tx, now)) * STATUS_INDEXES_A_ROW
      afterCommit(tx, () => {
        for (let after = STATUS_INDEXES_A_ROW - 1; after > 0; after--) left.push(first + after)
      })
      return first
    },
  }
}
