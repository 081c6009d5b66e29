import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import { actorOf, type Doer, getReached, mustBeAnother } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/** What an operator can take from a user who lost it, or from whoever has it instead. */
export const resettableFactors = ['totp', 'recovery_code', 'passkey'] as const
export type ResettableFactor = (typeof resettableFactors)[number]

export type FactorReset = {
  userId: number
  factors: readonly ResettableFactor[]
  /** Why, in the operator's words: kept sealed, and gone with the person. */
  reason: string
}

/** What a reset did. */
export type FactorsReset = {
  /** What the user had of it; nothing: nothing was changed, and no session ended. */
  removed: readonly ResettableFactor[]
  sessionsEnded: number
  /** The user had nothing left to sign in with, and was mailed a code to set a password. */
  isRecoveryMailed: boolean
}

type ResetDeps = Pick<
  LifecycleDeps,
  'database' | 'events' | 'users' | 'roles' | 'email' | 'passwords' | 'passkeys' | 'totp' | 'sessions'
>
type Removed = { factors: ResettableFactor[]; passkeyIds: string[] }

/**
 * Takes factors away from a user who cannot show them, in one transaction: they go, every session ends, the owner of the address is
 * told, and the record says who did it and why. How the operator knows the person is not seen here (NIST SP 800-63B-4 §4.2,
 * ASVS 6.4.4).
 *
 * Somebody who signed in with passkeys alone has no way in afterwards, so they are mailed a code to set a password. Where there is
 * no mail it is refused: a reset must not lock out the person whom it is for.
 *
 * @throws Refusal 'user-unknown', 'not-permitted' (also one's own), 'last-way-in'
 */
export async function resetFactors(deps: ResetDeps, reset: FactorReset, by: Doer): Promise<FactorsReset> {
  const { database, sessions } = deps
  mustBeAnother(by, reset.userId)
  const { ended, ...done } = await database.transaction((tx) => resetHeld(deps, tx, reset, by))
  await sessions.announce(ended)
  return { ...done, sessionsEnded: ended.length }
}

type HeldReset = Omit<FactorsReset, 'sessionsEnded'> & { ended: EndedSession[] }

async function resetHeld(deps: ResetDeps, tx: Db, reset: FactorReset, by: Doer): Promise<HeldReset> {
  const { users, sessions } = deps
  const { userId } = reset
  const user = await getReached(deps, tx, userId, by)
  const couldSignIn = await hasWayIn(deps, tx, userId)
  const removed = await remove(deps, tx, reset)
  if (removed.factors.length === 0) return { removed: [], isRecoveryMailed: false, ended: [] }
  const isLockedOut = !(await hasWayIn(deps, tx, userId))
  const canMail = deps.email.canReach(user.email)
  if (isLockedOut && couldSignIn && !canMail) throw refused('last-way-in')
  await users.noteSecondFactor(tx, userId, await hasSecondFactor(deps, tx, userId))
  await users.noteSessionsEnded(tx, userId)
  const ended = await sessions.endAllOf(tx, userId, 'factors-reset', { actor: actorOf(by), origin: by.origin })
  const isRecoveryMailed = isLockedOut && user.isEnabled && canMail
  await tellOwner(deps, tx, user, removed)
  if (isRecoveryMailed) await mailRecovery(deps, tx, user)
  await record(deps, tx, { reset, removed, isRecoveryMailed }, by)
  return { removed: removed.factors, isRecoveryMailed, ended }
}

/** Recovery codes are for whoever lost a second factor: they go with the last one. */
async function remove(deps: ResetDeps, tx: Db, { userId, factors }: FactorReset): Promise<Removed> {
  const { passkeys, totp } = deps
  const isChosen = (factor: ResettableFactor) => factors.includes(factor)
  const hadApp = isChosen('totp') && (await totp.remove(tx, userId))
  const passkeyIds = isChosen('passkey') ? (await passkeys.list(tx, userId)).map(({ id }) => id) : []
  for (const id of passkeyIds) await passkeys.remove(tx, userId, id)
  const isBare = (hadApp || passkeyIds.length > 0) && !(await hasSecondFactor(deps, tx, userId))
  const hadCodes = (isChosen('recovery_code') || isBare) && (await totp.removeRecoveryCodes(tx, userId))
  const had = { totp: hadApp, recovery_code: hadCodes, passkey: passkeyIds.length > 0 }
  return { factors: resettableFactors.filter((factor) => had[factor]), passkeyIds }
}

/** Also with a passkey of another relying party id: it can be used again when the service goes by that id again. */
async function hasSecondFactor({ passkeys, totp }: ResetDeps, tx: Db, userId: number): Promise<boolean> {
  const { totp: app } = await totp.listFactors(tx, userId)
  return app !== undefined || (await passkeys.list(tx, userId)).length > 0
}

async function hasWayIn({ passkeys, passwords }: ResetDeps, tx: Db, userId: number): Promise<boolean> {
  const password = (await passwords.listStored(tx, [userId])).get(userId)
  if (password !== undefined && passwords.classify(password.text).kind === 'usable') return true
  return (await passkeys.listFactors(tx, userId)).length > 0
}

// Whoever reads the mails learns that it was an operator, not from where: that is the operator's own address.
const FROM_AN_OPERATOR: Origin = { address: null, userAgent: null }

/** NIST SP 800-63B-4 §4.2 and §4.6, ASVS 6.3.7: the owner learns of it, whoever asked for it. */
function tellOwner({ email }: ResetDeps, tx: Db, user: User, { factors }: Removed): Promise<void> {
  const names = { totp: 'totp', recovery_code: 'recovery-codes', passkey: 'passkey' } as const
  return email.notify(tx, {
    message: 'factors-reset',
    to: user.email,
    userId: user.id,
    locale: user.locale,
    origin: FROM_AN_OPERATOR,
    facts: { factors: factors.map((factor) => names[factor]) },
  })
}

/** Good only as long as no password is set: as of a recovery that the user asks for. */
async function mailRecovery({ email, passwords }: ResetDeps, tx: Db, user: User): Promise<void> {
  const { id: userId, email: address, locale } = user
  const state = String(await passwords.changedAt(tx, userId))
  await email.sendCode(tx, { purpose: 'recover-password', userId, address, locale, state, origin: FROM_AN_OPERATOR })
}

type Done = { reset: FactorReset; removed: Removed; isRecoveryMailed: boolean }

/** NIST SP 800-63B-4 §4.1: when which authenticator was bound, and taken away, stays known. */
async function record({ events }: ResetDeps, tx: Db, { reset, removed, isRecoveryMailed }: Done, by: Doer) {
  const { userId, reason } = reset
  const told = { userId, actor: actorOf(by), origin: by.origin }
  const gone = { ...told, type: 'factor.removed' } as const
  if (removed.factors.includes('totp')) await events.append(tx, { ...gone, data: { factor: 'totp' } })
  for (const passkeyId of removed.passkeyIds)
    await events.append(tx, { ...gone, data: { factor: 'passkey', passkeyId } })
  const data = { factors: removed.factors.join(' '), recovery_mailed: isRecoveryMailed }
  await events.append(tx, { ...told, type: 'factors.reset', data, personal: { reason } })
}
