/** How an import goes through its source: batch after batch, with progress, until there is none or a signal came. */
import { UsageError } from '../command.ts'
import { showProgress } from './progress.ts'
import type { Stop } from './stop-on-signal.ts'

const BATCH_ROWS = 1000
const MOST_BATCH_ROWS = 2000 // a batch locks its users' rows: logins of theirs wait for it

/** @throws UsageError */
export function readBatchRows(text = String(BATCH_ROWS)): number {
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (rows < 1 || rows > MOST_BATCH_ROWS) throw new UsageError(`--batch must be from 1 to ${MOST_BATCH_ROWS} rows.`)
  return rows
}

/** @param total how many rows there are; undefined: there is nothing of this kind */
export async function takeAll<Batch extends readonly unknown[]>(
  what: string,
  total: number | undefined,
  batches: AsyncIterable<Batch>,
  stop: Stop,
  take: (batch: Batch) => Promise<void>,
): Promise<void> {
  if (total === undefined || stop.code !== undefined) return
  const progress = showProgress(what, total)
  try {
    for await (const batch of batches) {
      await take(batch)
      progress.advance(batch.length)
      if (stop.code !== undefined) return
    }
  } finally {
    progress.end()
  }
}

/** @returns the exit code */
export function tellStopped(code: number): number {
  console.error('Stopped between two batches. Run the same command again to go on: nothing is done twice.')
  return code
}
