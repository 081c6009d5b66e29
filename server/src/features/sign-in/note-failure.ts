import type { EventReason } from '../../../../contract/events.ts'
import type { Origin } from '../../platform/origin.ts'
import type { SignInDeps } from './deps.ts'

/**
 * Tells that somebody was refused. Also of addresses that are nobody's, without naming them: the same is written, after the
 * same time, whoever was asked for.
 */
export async function noteFailure(
  { database, events }: Pick<SignInDeps, 'database' | 'events'>,
  { userId, origin, reason }: { userId: number | null; origin: Origin; reason: EventReason },
): Promise<void> {
  await database.transaction((tx) =>
    events.append(tx, {
      type: 'sign-in.failed',
      userId,
      actor: { kind: 'anonymous' },
      origin,
      result: 'failure',
      reason,
    }),
  )
}
