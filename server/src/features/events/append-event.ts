import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { NewEvent } from './event.ts'
import { getPersonKeys } from './person-keys.ts'
import { originHolder, personalHolder, sealOrigin, sealPersonal } from './sealed-fields.ts'
import { insertEvent } from './store.ts'

export type AppendDeps = { clock: Clock; logger: Logger; sealer: Sealer }

/**
 * One fact, in the caller's transaction. Nothing is read of other events and nothing locked that another writer needs, so
 * that writers do not wait for each other: its place in the chain comes after the commit.
 */
export async function appendEvent(deps: AppendDeps, tx: Db, event: NewEvent): Promise<void> {
  const { actor, userId, origin, personal } = event
  const now = deps.clock.now()
  const id = randomId()
  const actorId = 'id' in actor ? actor.id : null
  const holders = { origin: originHolder({ actorId, userId }), personal: personalHolder({ userId }) }
  const hasOrigin = origin !== undefined && (origin.address !== null || origin.userAgent !== null)
  const needed = [...(hasOrigin ? [holders.origin] : []), ...(personal ? [holders.personal] : [])]
  const keys = needed.length === 0 ? new Map() : await getPersonKeys(deps, tx, needed, now)
  await insertEvent(tx, {
    id,
    type: event.type,
    occurredAt: now,
    userId,
    actorKind: actor.kind,
    actorId,
    sessionId: event.sessionId ?? null,
    clientId: event.clientId ?? null,
    result: event.result ?? 'success',
    reason: event.reason ?? null,
    data: JSON.stringify(event.data ?? {}),
    originSealed: hasOrigin ? sealOrigin(id, origin, keys.get(holders.origin)) : null,
    personalSealed: personal ? sealPersonal(id, personal, keys.get(holders.personal)) : null,
  })
}
