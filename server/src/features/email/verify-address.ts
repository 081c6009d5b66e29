import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Events } from '../events/events.ts'
import type { Users } from '../users/users.ts'
import type { CheckOutcome } from './check-code.ts'

export type VerifyOutcome =
  | { kind: 'verified'; userId: number; isFirst: boolean }
  | Exclude<CheckOutcome, { kind: 'proved' }>

/**
 * Notes that an address was proved. Whoever has another address by now, or is gone, gets the answer of a wrong code.
 * `isFirst`: nobody had proved it before, so whatever was set before without this proof must end now (pre-hijacking).
 */
export async function verifyAddress(
  { users, events }: { users: Users; events: Events },
  tx: Db,
  outcome: CheckOutcome,
  { sessionId, origin }: { sessionId?: string | undefined; origin: Origin },
): Promise<VerifyOutcome> {
  if (outcome.kind !== 'proved') return outcome
  const { userId, address } = outcome
  const proof = userId === null ? 'changed' : await users.proveEmail(tx, userId, address)
  if (userId === null || proof === 'changed') return { kind: 'wrong' }
  const isFirst = proof === 'first'
  const actor = { kind: 'user', id: userId } as const
  if (isFirst) await events.append(tx, { type: 'email.verified', userId, actor, sessionId, origin })
  return { kind: 'verified', userId, isFirst }
}
