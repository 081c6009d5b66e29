import type { Db } from '../../platform/db.ts'
import type { FactorCaller, FactorDeps } from './factor-deps.ts'

export type FactorChange =
  | { type: 'factor.added' | 'factor.removed'; factor: 'totp' }
  | { type: 'factor.added' | 'factor.removed'; factor: 'passkey'; passkeyId: string }
  | { type: 'recovery-codes.made'; factor: 'recovery-code' }

/**
 * Tells that a user's factors changed, as an event and by mail, in the transaction of the change, and notes whether sign-ins look
 * for a second one: the one place for all three. Of recovery codes the mail about the app tells that they come with.
 */
export async function noteFactorChange(
  deps: FactorDeps,
  tx: Db,
  caller: FactorCaller,
  change: FactorChange,
): Promise<void> {
  const { userId, sessionId, origin } = caller
  const { type, ...data } = change
  const session = sessionId === undefined ? {} : { sessionId }
  await deps.users.noteSecondFactor(tx, userId, await mayHaveSecondFactor(deps, tx, userId))
  if (change.type !== 'recovery-codes.made') {
    const { factor } = change
    await tellOwner(deps, tx, caller, { message: notices[change.type], facts: { factor } })
  }
  await deps.events.append(tx, { type, userId, actor: { kind: 'user', id: userId }, ...session, origin, data })
}

const notices = { 'factor.added': 'factor-added', 'factor.removed': 'factor-removed' } as const

type FactorNotice =
  | { message: 'factor-added' | 'factor-removed'; facts: { factor: 'totp' | 'passkey' } }
  | { message: 'recovery-codes-made' }

/** ASVS 6.3.7: whoever reads the mails learns of it, whoever did it. */
export async function tellOwner(
  { email, users }: FactorDeps,
  tx: Db,
  { userId, origin }: FactorCaller,
  notice: FactorNotice,
): Promise<void> {
  const [user] = await users.listHeld(tx, [userId])
  if (!user) return
  const { email: to, locale } = user
  await email.notify(tx, { ...notice, to, userId, locale, origin })
}

/** Also with a passkey of another relying party id: it can be used again when the service goes by that id again. */
async function mayHaveSecondFactor({ totp, passkeys }: FactorDeps, tx: Db, userId: number): Promise<boolean> {
  const { totp: app } = await totp.listFactors(tx, userId)
  return app !== undefined || (await passkeys.list(tx, userId)).length > 0
}
