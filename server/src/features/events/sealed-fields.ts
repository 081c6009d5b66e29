import type { Actor, EventReason, EventType } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'
import { openUnder, sealUnder } from '../../platform/secrets.ts'
import type { KeptEvent, OpenedEvent } from './event.ts'
import { NOBODY, type PersonKeys } from './person-keys.ts'

const ADDRESS_CHARACTERS = 45 // the longest text form of an IPv6 address
const USER_AGENT_CHARACTERS = 255

type About = { actorId: number | null; userId: number | null }

/** Whose address it is: of whoever acted, also of an operator; where that is not known, it goes with whom it is about. */
export function originHolder({ actorId, userId }: About): number {
  return actorId ?? userId ?? NOBODY
}

export function personalHolder({ userId }: Pick<About, 'userId'>): number {
  return userId ?? NOBODY
}

/** @param key undefined: the person has been erased, so nothing is kept */
export function sealOrigin(id: string, { address, userAgent }: Origin, key: Buffer | undefined): string | null {
  const kept: Origin = {
    address: address?.slice(0, ADDRESS_CHARACTERS) ?? null,
    userAgent: userAgent?.slice(0, USER_AGENT_CHARACTERS) ?? null,
  }
  return key ? sealUnder(key, Buffer.from(JSON.stringify(kept)), originContext(id)) : null
}

export function sealPersonal(
  id: string,
  personal: Readonly<Record<string, string>>,
  key: Buffer | undefined,
): string | null {
  return key ? sealUnder(key, Buffer.from(JSON.stringify(personal)), personalContext(id)) : null
}

/** Whose keys open what is personal in these events. */
export function holdersOf(events: readonly KeptEvent[]): number[] {
  return events.flatMap((event) => [
    ...(event.originSealed === null ? [] : [originHolder(event)]),
    ...(event.personalSealed === null ? [] : [personalHolder(event)]),
  ])
}

export function openEvent(event: KeptEvent, keys: PersonKeys): OpenedEvent {
  const { id, occurredAt, userId, actorKind, actorId, sessionId, clientId, reason } = event
  const open = (sealed: string | null, holder: number, context: string) => {
    const key = keys.get(holder)
    return sealed !== null && key ? JSON.parse(openUnder(key, sealed, context).toString()) : null
  }
  return {
    position: event.position,
    id,
    type: event.type as EventType,
    occurredAt,
    userId,
    actor: (actorId === null ? { kind: actorKind } : { kind: actorKind, id: actorId }) as Actor,
    sessionId,
    clientId,
    result: event.result as OpenedEvent['result'],
    reason: reason as EventReason | null,
    data: JSON.parse(event.data),
    origin: open(event.originSealed, originHolder(event), originContext(id)),
    personal: open(event.personalSealed, personalHolder(event), personalContext(id)),
  }
}

function originContext(id: string): string {
  return `event:${id}:origin`
}

function personalContext(id: string): string {
  return `event:${id}:personal`
}
