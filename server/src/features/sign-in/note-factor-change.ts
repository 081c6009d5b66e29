import type { EventType } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { FactorCaller, FactorDeps } from './factor-deps.ts'

export type FactorChange = {
  type: Extract<EventType, 'factor.added' | 'factor.removed' | 'recovery-codes.made'>
  factor: 'totp' | 'passkey' | 'recovery-code'
  /** Of a passkey. */
  passkeyId?: string
}

/**
 * Tells that a user's factors changed, in the transaction of the change, and notes whether sign-ins look for a second one: the
 * one place for both.
 */
export async function noteFactorChange(
  deps: FactorDeps,
  tx: Db,
  { userId, sessionId, origin }: FactorCaller,
  { type, ...data }: FactorChange,
): Promise<void> {
  const session = sessionId === undefined ? {} : { sessionId }
  await deps.users.noteSecondFactor(tx, userId, await mayHaveSecondFactor(deps, tx, userId))
  await deps.events.append(tx, { type, userId, actor: { kind: 'user', id: userId }, ...session, origin, data })
}

/** Also with a passkey of another relying party id: it can be used again when the service goes by that id again. */
async function mayHaveSecondFactor({ totp, passkeys }: FactorDeps, tx: Db, userId: number): Promise<boolean> {
  const { totp: app } = await totp.listFactors(tx, userId)
  return app !== undefined || (await passkeys.list(tx, userId)).length > 0
}
