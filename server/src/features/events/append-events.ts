import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { KeptEvent, NewEvent } from './event.ts'
import { getPersonKeys, type PersonKeys } from './person-keys.ts'
import { originHolder, personalHolder, sealOrigin, sealPersonal } from './sealed-fields.ts'
import { insertEvents } from './store.ts'

export type AppendDeps = { clock: Clock; logger: Logger; sealer: Sealer }

/**
 * Facts, in the caller's transaction and in this order. Nothing is read of other events and nothing locked that another writer
 * needs, so that writers do not wait for each other: their places in the chain come after the commit.
 */
export async function appendEvents(deps: AppendDeps, tx: Db, events: readonly NewEvent[]): Promise<void> {
  const now = deps.clock.now()
  const needed = events.flatMap(holdersOf)
  const keys = needed.length === 0 ? new Map() : await getPersonKeys(deps, tx, needed, now)
  await insertEvents(
    tx,
    events.map((event) => toKept(event, keys, now)),
  )
}

/** Whose keys seal what is personal in it. */
function holdersOf(event: NewEvent): number[] {
  const { userId, personal } = event
  return [
    ...(hasOrigin(event) ? [originHolder({ actorId: actorIdOf(event), userId })] : []),
    ...(personal ? [personalHolder({ userId })] : []),
  ]
}

function toKept(event: NewEvent, keys: PersonKeys, now: number): Omit<KeptEvent, 'position'> {
  const { actor, userId, origin, personal } = event
  const id = randomId()
  const actorId = actorIdOf(event)
  return {
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
    originSealed:
      origin && hasOrigin(event) ? sealOrigin(id, origin, keys.get(originHolder({ actorId, userId }))) : null,
    personalSealed: personal ? sealPersonal(id, personal, keys.get(personalHolder({ userId }))) : null,
  }
}

function actorIdOf({ actor }: NewEvent): number | null {
  return 'id' in actor ? actor.id : null
}

function hasOrigin({ origin }: NewEvent): boolean {
  return origin !== undefined && (origin.address !== null || origin.userAgent !== null)
}
