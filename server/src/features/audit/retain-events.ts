import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../platform/db.ts'
import type { ChainEnd, Events } from '../events/events.ts'
import { CHAIN_BEGINS } from '../events/events.ts'
import { CHECKPOINT_TYPE, EVENTS_A_CHECKPOINT, RETENTION_TYPE } from './checkpoint.ts'
import { createStatementReader, type ReadStatement } from './sealed-keys.ts'
import { type SignDeps, signStatement } from './sign-checkpoint.ts'
import {
  beginRetention,
  deleteCheckpointsBefore,
  findRetention,
  keepKey,
  listCheckpoints,
  moveRetention,
  type StoredRetention,
} from './store.ts'

export type RetainDeps = SignDeps & {
  events: Events
  config: {
    /** How long events are kept; undefined: for ever. */
    retentionMs: number | undefined
  }
}

/** Up to where everybody has been told, and who has not been told of more. */
export type Told = { sequence: number; waitingFor: string }

const BATCHES_A_RUN = 100
const CHECKPOINTS_A_BATCH = 100 // where little happens each has a few events only
const PAUSE_MS = 20 // between two transactions: whoever signs in meanwhile goes first

/**
 * Removes events that are older than they are kept, from the first one on, up to a checkpoint that is as old: each batch in one
 * transaction with a signed statement of it, from which the chain then begins. Nothing goes that somebody is still to be told of,
 * and nothing that is not as it was written: what somebody changed is evidence.
 *
 * Any number of processes may do it: one of them moves the beginning, and the others stop.
 *
 * @returns how many events went
 */
export async function retainEvents(deps: RetainDeps, askTold: () => Promise<Told>): Promise<number> {
  if (deps.config.retentionMs === undefined) return 0
  await beginRetention(deps.database.db)
  let count = 0
  for (let batch = 0; batch < BATCHES_A_RUN; batch++) {
    const removed = await removeBatch(deps, askTold)
    if (removed === 0) break
    count += removed
    await wait(PAUSE_MS, undefined, { ref: false })
  }
  return count
}

async function removeBatch(deps: RetainDeps, askTold: () => Promise<Told>): Promise<number> {
  const { database, events, logger } = deps
  const read = await createStatementReader(deps)
  const from = await findBeginning(database.db, read)
  const old = await listOldCheckpoints(deps, read, from)
  if (old.length === 0) return 0
  const told = await askTold()
  const to = old.findLast(({ sequence }) => sequence <= told.sequence)
  if (!to) {
    logger.warn(
      { sequence: told.sequence, waitingFor: told.waitingFor },
      'old events are kept: they are yet to be told',
    )
    return 0
  }
  const span = await events.checkSpan(from, to)
  if (span.kind === 'broken') {
    const { sequence, fault } = span
    const isMoved = (await findRetention(database.db))?.sequence !== from.sequence // another process removed them meanwhile
    if (!isMoved) logger.error({ sequence, fault }, 'old events are kept: one of them is not as it was written')
    return 0
  }
  const isOurs = await database.transaction((tx) => remove(deps, tx, { from, to, positions: span.positions }))
  if (!isOurs) return 0 // another process was first
  // In the log too: that is often kept where the database's writers have no hand.
  const { sequence, hash } = to
  logger.info({ sequence, chainHash: hash, count: span.positions.length }, 'old events removed')
  return span.positions.length
}

type Batch = { from: ChainEnd; to: ChainEnd; positions: readonly number[] }

async function remove(deps: RetainDeps, tx: Db, { from, to, positions }: Batch): Promise<boolean> {
  const { jws, key } = signStatement(deps, to, RETENTION_TYPE)
  if (!(await moveRetention(tx, from.sequence, { sequence: to.sequence, jws }))) return false
  await keepKey(tx, key)
  await deps.events.removeChained(tx, positions)
  await deleteCheckpointsBefore(tx, to.sequence)
  return true
}

/** Where the chain begins now. @throws Error when somebody else wrote what retention says */
async function findBeginning(db: Db, read: ReadStatement): Promise<ChainEnd> {
  const beginning = beginningOf(await findRetention(db), read)
  if (!beginning) throw new Error('the statement of what retention removed was not signed by this service')
  return beginning
}

/** Where the chain begins, and when what was before it was last removed. */
export type Beginning = ChainEnd & { removedAt?: number }

/** As retention has signed it; undefined: somebody else wrote that. */
export function beginningOf(stored: StoredRetention | undefined, read: ReadStatement): Beginning | undefined {
  if (!stored || stored.sequence === 0) return CHAIN_BEGINS // nothing was removed, whatever else the row says
  const said = read(stored.jws, RETENTION_TYPE)
  if (said?.sequence !== stored.sequence) return undefined
  return { sequence: said.sequence, hash: said.hash, removedAt: said.iat * 1000 }
}

/**
 * Checkpoints after the beginning that were signed as long ago as events are kept, so that all events up to them are older: as many
 * as one batch has, in order. When one was signed says its signature alone: its row can be written to.
 */
async function listOldCheckpoints(deps: RetainDeps, read: ReadStatement, from: ChainEnd): Promise<ChainEnd[]> {
  const { database, clock, config } = deps
  const latest = (clock.now() - Number(config.retentionMs)) / 1000
  const old: ChainEnd[] = []
  for (const { sequence, jws } of await listCheckpoints(database.db, from.sequence, CHECKPOINTS_A_BATCH)) {
    const said = read(jws, CHECKPOINT_TYPE)
    if (said?.sequence !== sequence) throw new Error('a checkpoint was not signed by this service')
    const isMore = old.length > 0 && sequence - from.sequence > EVENTS_A_CHECKPOINT
    if (said.iat > latest || isMore) break
    old.push({ sequence, hash: said.hash })
  }
  return old
}
