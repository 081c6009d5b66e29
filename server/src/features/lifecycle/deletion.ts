import type { Actor } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'

/** That somebody asked for their account to be deleted. Milliseconds since the epoch. */
export type Deletion = { requestedAt: number; dueAt: number }

/** How it was taken back. */
export type UndoReason = 'by-mail' | 'signed-in' | 'by-operator' | 'address-change-undone'

/** Who takes it back, and how. */
export type Undoing = {
  actor: Actor
  /** The session where its owner says so. */
  sessionId?: string | undefined
  origin: Origin | undefined
  reason: UndoReason
  /** Only this very request. */
  requestedAt?: number
}
