import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { KeptEvent, NewEvent } from './event.ts'
import { getPersonKeys, type PersonKeys } from './person-keys.ts'
import { originHolder, personalHolder, sealOrigin, sealPersonal } from './sealed-fields.ts'
import { insertEvent, insertEvents } from './store.ts'

export type AppendDeps = { clock: Clock; logger: Logger; sealer: Sealer }

/**
 * One fact, in the caller's transaction. Nothing is read of other events and nothing locked that another writer needs, so
 * that writers do not wait for each other: its place in the chain comes after the commit.
 */
export async function appendEvent(deps: AppendDeps, tx: Db, event: NewEvent): Promise<void> {
  const now = deps.clock.now()
  const keys = await getKeysFor(deps, tx, [event], now)
  await insertEvent(tx, sealEvent(event, keys, now))
}

/** The same for many at once, with as few statements as they take. */
export async function appendEvents(deps: AppendDeps, tx: Db, events: readonly NewEvent[]): Promise<void> {
  const now = deps.clock.now()
  const keys = await getKeysFor(deps, tx, events, now)
  await insertEvents(
    tx,
    events.map((event) => sealEvent(event, keys, now)),
  )
}

const actorIdOf = ({ actor }: NewEvent) => ('id' in actor ? actor.id : null)
const originHolderOf = (event: NewEvent) => originHolder({ actorId: actorIdOf(event), userId: event.userId })
const hasOrigin = ({ origin }: NewEvent) =>
  origin !== undefined && (origin.address !== null || origin.userAgent !== null)

async function getKeysFor(deps: AppendDeps, tx: Db, events: readonly NewEvent[], now: number): Promise<PersonKeys> {
  const needed = events.flatMap((event) => [
    ...(hasOrigin(event) ? [originHolderOf(event)] : []),
    ...(event.personal ? [personalHolder(event)] : []),
  ])
  return needed.length === 0 ? new Map() : getPersonKeys(deps, tx, needed, now)
}

function sealEvent(event: NewEvent, keys: PersonKeys, now: number): Omit<KeptEvent, 'position'> {
  const { actor, userId, origin, personal } = event
  const id = randomId()
  return {
    id,
    type: event.type,
    occurredAt: now,
    userId,
    actorKind: actor.kind,
    actorId: actorIdOf(event),
    sessionId: event.sessionId ?? null,
    clientId: event.clientId ?? null,
    result: event.result ?? 'success',
    reason: event.reason ?? null,
    data: JSON.stringify(event.data ?? {}),
    originSealed: origin && hasOrigin(event) ? sealOrigin(id, origin, keys.get(originHolderOf(event))) : null,
    personalSealed: personal ? sealPersonal(id, personal, keys.get(personalHolder(event))) : null,
  }
}
