/**
 * Audit: proves that nobody changed what was told. Signs the end of the chain of events every now and then; whoever can write
 * to the database but lacks SECRET_KEY can make the chain anew, but not what was signed of it.
 */
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { ChainEnd } from '../events/events.ts'
import { isDue } from './checkpoint.ts'
import type { GapDeps } from './find-gap.ts'
import { type RetainDeps, retainEvents, type Told } from './retain-events.ts'
import { contextOf } from './sealed-keys.ts'
import { signCheckpoint } from './sign-checkpoint.ts'
import { areCheckpointsRemoved, findLastCheckpoint, listKeys, replaceKey } from './store.ts'
import { type AuditVerdict, verifyChain } from './verify-chain.ts'

export type { Told } from './retain-events.ts'
export type { AuditVerdict } from './verify-chain.ts'

export type Audit = {
  /** Signs this end of the chain when that is due. For the one process that relays. */
  watch(end: ChainEnd): Promise<void>
  /** @param kept a checkpoint (compact JWS) that was kept elsewhere */
  verify(kept?: string): Promise<AuditVerdict>
  /**
   * The latest checkpoint, made now where events came after it; undefined where there are none.
   *
   * @param anew also where all were removed: somebody has looked
   * @throws Error when all were removed
   */
  checkpoint(anew?: boolean): Promise<string | undefined>
  /**
   * Removes events that are older than the retention that is set, with a signed statement of it. In any number of processes.
   *
   * @param askTold up to where everybody has been told: what is not stays
   * @returns how many
   */
  retain(askTold: () => Promise<Told>): Promise<number>
  /** Seals anew under the SECRET_KEY in use. @returns how many keys of checkpoints were under another */
  sealAgain(): Promise<number>
}

export type AuditDeps = RetainDeps & GapDeps

// A new one would vouch for whatever whoever removed them has left.
const REMOVED = 'all checkpoints were removed'

export function createAudit(deps: AuditDeps): Audit {
  const { database, clock, logger, events, sealer, config } = deps
  let last: { sequence: number; signedAt: number } | undefined

  async function watch(end: ChainEnd): Promise<void> {
    if (last && !isDue(end, last, { now: clock.now(), everyMs: config.checkpointMs })) return
    if (await areCheckpointsRemoved(database.db)) {
      last = { sequence: end.sequence, signedAt: clock.now() } // says so again when the next one is due
      return logger.error({ sequence: end.sequence }, `${REMOVED}: the chain of events is not signed any more`)
    }
    last = (await findLastCheckpoint(database.db)) ?? { sequence: 0, signedAt: 0 } // another process may have been here
    if (isDue(end, last, { now: clock.now(), everyMs: config.checkpointMs })) last = await signCheckpoint(deps, end)
  }

  return {
    watch,
    verify: (kept) => verifyChain(deps, kept),
    retain: (askTold) => retainEvents(deps, askTold),
    async checkpoint(anew = false) {
      if (!anew && (await areCheckpointsRemoved(database.db)))
        throw new Error(`${REMOVED}: see what \`audit verify\` says`)
      const end = await events.end()
      const latest = await findLastCheckpoint(database.db)
      if (!end || end.sequence <= (latest?.sequence ?? 0)) return latest?.jws
      const made = await signCheckpoint(deps, end).catch(ignoreSigned)
      return made?.jws ?? (await findLastCheckpoint(database.db))?.jws
    },
    async sealAgain() {
      const outdated = (await listKeys(database.db)).filter(
        ({ jwkSealed }) => !jwkSealed.startsWith(`${sealer.keyId}.`),
      )
      for (const { id, jwkSealed } of outdated) {
        const jwk = sealer.open(jwkSealed, contextOf(id))
        await database.statement((db) => replaceKey(db, { id, jwkSealed: sealer.seal(jwk, contextOf(id)) }))
      }
      return outdated.length
    },
  }
}

/** The relay was first with the same end. */
function ignoreSigned(error: unknown): undefined {
  if (!(error instanceof UniqueViolation)) throw error
}
