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
 * Tells that a user's factors changed, as an event and by mail, in the transaction of the change, and notes whether sign-ins look
 * for a second one: the one place for all three.
 */
export async function noteFactorChange(
  deps: FactorDeps,
  tx: Db,
  caller: FactorCaller,
  { type, ...data }: FactorChange,
): Promise<void> {
  const { userId, sessionId, origin } = caller
  const session = sessionId === undefined ? {} : { sessionId }
  await deps.users.noteSecondFactor(tx, userId, await mayHaveSecondFactor(deps, tx, userId))
  if (type !== 'recovery-codes.made') await tellOwner(deps, tx, caller, type, data.factor)
  await deps.events.append(tx, { type, userId, actor: { kind: 'user', id: userId }, ...session, origin, data })
}

const notices = { 'factor.added': 'factor-added', 'factor.removed': 'factor-removed' } as const

/** ASVS 6.3.7: whoever reads the mails learns of it, whoever did it. */
export async function tellOwner(
  { email, users }: FactorDeps,
  tx: Db,
  { userId, origin }: FactorCaller,
  type: keyof typeof notices,
  factor: FactorChange['factor'],
): Promise<void> {
  const [user] = await users.listHeld(tx, [userId])
  if (!user) return
  const name = factor === 'recovery-code' ? 'recovery-codes' : factor
  const { email: to, locale } = user
  await email.notify(tx, { message: notices[type], to, userId, locale, origin, facts: { factor: name } })
}

/** Also with a passkey of another relying party id: it can be used again when the service goes by that id again. */
async function mayHaveSecondFactor({ totp, passkeys }: FactorDeps, tx: Db, userId: number): Promise<boolean> {
  const { totp: app } = await totp.listFactors(tx, userId)
  return app !== undefined || (await passkeys.list(tx, userId)).length > 0
}
