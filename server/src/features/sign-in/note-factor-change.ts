import type { EventType } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { FactorCaller, FactorDeps } from './factor-deps.ts'

export type FactorChange = {
  type: Extract<EventType, 'factor.added' | 'factor.removed' | 'recovery-codes.made'>
  factor: 'totp' | 'passkey' | 'recovery-code'
  /** Of a passkey. */
  passkeyId?: string
}

/** Tells that a user's factors changed, in the transaction of the change: the one place where that is told. */
export async function noteFactorChange(
  { events }: FactorDeps,
  tx: Db,
  { userId, sessionId, origin }: FactorCaller,
  { type, ...data }: FactorChange,
): Promise<void> {
  const session = sessionId === undefined ? {} : { sessionId }
  await events.append(tx, { type, userId, actor: { kind: 'user', id: userId }, ...session, origin, data })
}
