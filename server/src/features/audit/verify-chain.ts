import type { Sealer } from '../../platform/secrets.ts'
import type { ChainEnd, ChainVerdict } from '../events/events.ts'
import { CHECKPOINT_TYPE } from './checkpoint.ts'
import { findGap, type GapDeps } from './find-gap.ts'
import { beginningOf } from './retain-events.ts'
import { createStatementReader, type ReadStatement } from './sealed-keys.ts'
import { allCheckpoints, findRetention } from './store.ts'

/** `removed`: up to where retention has removed events, and when; undefined: none. */
export type Removed = { sequence: number; removedAt: number }

export type AuditVerdict = { checkpoints: number; removed?: Removed } & (
  | ChainVerdict
  /** A checkpoint was not signed by a key of ours, or says something else than its row. */
  | { kind: 'checkpoint-forged'; sequence: number }
  /** So it is with what retention says: nobody knows what was removed by it. */
  | { kind: 'retention-forged'; sequence: number }
  /** From this event on there should be checkpoints that are not there: somebody removed them, or the service did not sign. */
  | { kind: 'checkpoint-missing'; sequence: number }
  /** The checkpoint that was given by hand is none of this service. */
  | { kind: 'not-a-checkpoint' }
  /** It is one, of an event that retention has removed: nothing is left to hold it against. */
  | { kind: 'checkpoint-outlived'; sequence: number }
)

export type VerifyDeps = GapDeps & { sealer: Sealer }

/**
 * Looks at every event and every checkpoint, from where retention has signed that the chain begins.
 *
 * @param kept a checkpoint that was kept elsewhere: it also shows when the latest events and checkpoints were cut off together
 */
export async function verifyChain(deps: VerifyDeps, kept?: string): Promise<AuditVerdict> {
  for (;;) {
    const before = await findRetention(deps.database.db)
    const verdict = await verifyFrom(deps, before, kept)
    const after = await findRetention(deps.database.db)
    if (before?.jws === after?.jws) return verdict
    // Retention went on meanwhile, so that what was missing may be its doing. It does so for a while and then rests.
  }
}

async function verifyFrom(
  deps: VerifyDeps,
  stored: Awaited<ReturnType<typeof findRetention>>,
  kept: string | undefined,
): Promise<AuditVerdict> {
  const read = await createStatementReader(deps)
  const begin = beginningOf(stored, read)
  if (!begin) return { kind: 'retention-forged', sequence: stored?.sequence ?? 0, checkpoints: 0 }
  const { sequence, removedAt } = begin
  const removed = removedAt === undefined ? {} : { removed: { sequence, removedAt } }
  return { ...(await verifyAfter(deps, read, begin, kept)), ...removed }
}

async function verifyAfter(
  deps: VerifyDeps,
  read: ReadStatement,
  begin: ChainEnd,
  kept: string | undefined,
): Promise<AuditVerdict> {
  const { database, events } = deps
  const witnessed = new Map<number, string>()
  for await (const { sequence, jws } of allCheckpoints(database.db)) {
    const checkpoint = read(jws, CHECKPOINT_TYPE)
    if (checkpoint?.sequence !== sequence) return { kind: 'checkpoint-forged', sequence, checkpoints: witnessed.size }
    witnessed.set(sequence, checkpoint.hash)
  }
  const checkpoints = witnessed.size
  const given = kept === undefined ? undefined : read(kept, CHECKPOINT_TYPE)
  if (kept !== undefined && !given) return { kind: 'not-a-checkpoint', checkpoints }
  if (given && given.sequence < begin.sequence)
    return { kind: 'checkpoint-outlived', sequence: given.sequence, checkpoints }
  if (given) witnessed.set(given.sequence, given.hash)
  const verdict = await events.check(witnessed, begin)
  if (verdict.kind !== 'whole') return { ...verdict, checkpoints }
  const missing = await findGap(deps, read, given ?? begin, verdict.end)
  return missing === undefined
    ? { ...verdict, checkpoints }
    : { kind: 'checkpoint-missing', sequence: missing, checkpoints }
}
