import type { Db } from '../../platform/db.ts'
import { type ChainEnd, type ChainVerdict, checkChain } from './chain.ts'
import type { ChainedEvent } from './event.ts'
import { listChained } from './store.ts'

/** `whole`: all of them are as they were written; their positions. */
export type SpanVerdict = { kind: 'whole'; positions: number[] } | Extract<ChainVerdict, { kind: 'broken' }>

const ROWS_AT_ONCE = 500

/** Walks along the chain from the event after `from` up to `to`. */
export async function checkSpan(db: Db, from: ChainEnd, to: ChainEnd): Promise<SpanVerdict> {
  const positions: number[] = []
  async function* pages(): AsyncGenerator<ChainedEvent[]> {
    let after = from.sequence
    while (after < to.sequence) {
      const page = (await listChained(db, after, ROWS_AT_ONCE)).filter(({ sequence }) => sequence <= to.sequence)
      const last = page.at(-1)
      if (!last) return
      positions.push(...page.map(({ position }) => position))
      yield page
      after = last.sequence
    }
  }
  const verdict = await checkChain(pages(), new Map([[to.sequence, to.hash]]), from)
  return verdict.kind === 'whole' ? { kind: 'whole', positions } : verdict
}
