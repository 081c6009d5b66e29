import type { CloudEvent, EventData } from '../../../../contract/events.ts'
import type { KeptEvent, OpenedEvent } from './event.ts'

export type Envelope = {
  /** Who tells: the issuer. */
  source: string
  /** Whether consumers are told personal fields. */
  tellsPersonal: boolean
  /** Opens what is personal, where that is told. */
  open(events: readonly KeptEvent[]): Promise<OpenedEvent[]>
}

const SEQUENCE_DIGITS = 16 // as text they sort as numbers do

/** An event as consumers are sent it (CloudEvents 1.0, JSON format §3). */
export function toCloudEvent(sequence: number, event: OpenedEvent, { source, tellsPersonal }: Envelope): CloudEvent {
  const subject = event.userId === null ? undefined : String(event.userId)
  return {
    specversion: '1.0',
    id: event.id,
    source,
    type: event.type,
    time: new Date(event.occurredAt).toISOString(),
    ...(subject !== undefined && { subject }),
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    ...(subject !== undefined && { partitionkey: subject }),
    data: dataOf(event, tellsPersonal),
  }
}

function dataOf(event: OpenedEvent, tellsPersonal: boolean): EventData {
  const { actor, sessionId, clientId, result, reason, data, origin, personal } = event
  return {
    actor: 'id' in actor ? { kind: actor.kind, id: String(actor.id) } : { kind: actor.kind },
    ...(sessionId !== null && { session_id: sessionId }),
    ...(clientId !== null && { client_id: clientId }),
    result,
    ...(reason !== null && { reason }),
    details: data,
    ...(tellsPersonal && origin?.address != null && { address: origin.address }),
    ...(tellsPersonal && origin?.userAgent != null && { user_agent: origin.userAgent }),
    ...(tellsPersonal && personal !== null && { personal }),
  }
}
