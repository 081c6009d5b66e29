/** All SQL of the table `event`. */
import type { Db } from '../../platform/db.ts'
import { noOrigin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import type { NewEvent } from './event.ts'

const ADDRESS_CHARACTERS = 45 // the longest text form of an IPv6 address
const USER_AGENT_CHARACTERS = 255

export async function insertEvent(tx: Db, event: NewEvent, now: number): Promise<void> {
  const { actor, origin = noOrigin } = event
  await tx
    .insertInto('event')
    .values({
      id: randomId(),
      type: event.type,
      occurred_at: now,
      user_id: event.userId,
      actor_kind: actor.kind,
      actor_id: 'id' in actor ? actor.id : null,
      session_id: event.sessionId ?? null,
      client_id: event.clientId ?? null,
      address: origin.address?.slice(0, ADDRESS_CHARACTERS) ?? null,
      user_agent: origin.userAgent?.slice(0, USER_AGENT_CHARACTERS) ?? null,
      result: event.result ?? 'success',
      reason: event.reason ?? null,
      data: JSON.stringify(event.data ?? {}),
    })
    .execute()
}
