import type { Actor, EventReason, EventType } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'

/** A fact that is about to be told. */
export type NewEvent = {
  type: EventType
  /** Whom it is about; null when it is about no person. */
  userId: number | null
  actor: Actor
  sessionId?: string | undefined
  /** The OAuth client that was used. */
  clientId?: string
  origin?: Origin | undefined
  /** Default: success. */
  result?: 'success' | 'failure'
  reason?: EventReason
  /** What else happened, none of it personal. Never a secret. */
  data?: EventDetails
  /** What else happened that is personal, such as an address: it can be read until the person is erased. Never a secret. */
  personal?: Readonly<Record<string, string>>
}

export type EventDetails = Readonly<Record<string, string | number | boolean | null>>

/** An event as it is kept: every field that its hash covers. */
export type KeptEvent = {
  position: number
  id: string
  type: string
  occurredAt: number
  userId: number | null
  actorKind: string
  actorId: number | null
  sessionId: string | null
  clientId: string | null
  result: string
  reason: string | null
  /** A JSON object, as text: another spelling of it would be another hash. */
  data: string
  originSealed: string | null
  personalSealed: string | null
}

/** One that has its place in the chain. */
export type ChainedEvent = KeptEvent & { sequence: number; hash: string }

/** An event with what is personal in it opened; null where the person has been erased. */
export type OpenedEvent = {
  /** Where a list goes on. */
  position: number
  id: string
  type: EventType
  occurredAt: number
  userId: number | null
  actor: Actor
  sessionId: string | null
  clientId: string | null
  result: 'success' | 'failure'
  reason: EventReason | null
  data: EventDetails
  origin: Origin | null
  personal: Readonly<Record<string, string>> | null
}
