import type { Actor, EventType } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'

/** A fact that is about to be told. */
export type NewEvent = {
  type: EventType
  /** Whom it is about; null when it is about no person. */
  userId: number | null
  actor: Actor
  sessionId?: string
  /** The OAuth client that was used. */
  clientId?: string
  origin?: Origin | undefined
  /** Default: success. */
  result?: 'success' | 'failure'
  /** A word of a closed list, such as the reason for which a session ended. */
  reason?: string
  /** What else happened. Never a secret. */
  data?: Readonly<Record<string, string | number | boolean | null>>
}
