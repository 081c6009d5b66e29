import type { EventReason } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'
import type { SignInDeps } from './deps.ts'

type Failure = {
  /** Whom it is about; null: nobody who is known. */
  userId: number | null
  /** The session that asked for a fresh proof. */
  sessionId?: string
  origin: Origin
  reason: EventReason
}

/**
 * Tells that somebody was refused. Also of addresses that are nobody's, without naming them: the same is written, after the
 * same time, whoever was asked for.
 */
export async function noteFailure(
  { database, events }: Pick<SignInDeps, 'database' | 'events'>,
  { userId, sessionId, origin, reason }: Failure,
): Promise<void> {
  await database.transaction((tx) =>
    events.append(tx, {
      type: 'sign-in.failed',
      userId,
      actor: { kind: 'anonymous' },
      sessionId,
      origin,
      result: 'failure',
      reason,
    }),
  )
}
