import type { Actor } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { MailProof } from '../email/email.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { emailKey, type User } from '../users/users.ts'
import {
  type AccountCaller,
  type AccountDeps,
  type Counted,
  findCaller,
  holdCaller,
  holdUser,
  isSameAddress,
} from './deps.ts'
import { countProof, done, type ProofOutcome, type Settled, settle, spoiled } from './proof.ts'
import { acceptTypedPassword, asWrongPassword, checkTypedPassword, type TypedPassword } from './typed-password.ts'

/** What must be the same when the change is finished, and which session asked for it. */
type State = { from: string; sessionId: string | undefined }

/**
 * Mails a code to the address that the caller wants to have; until it is shown nothing changes. Where somebody has that address
 * already its owner is told, and the caller learns nothing.
 *
 * @throws Refusal 'conflict' when it is the caller's already, 'mail-not-configured', and those of limits
 */
export async function requestAddressChange(
  deps: AccountDeps,
  caller: AccountCaller,
  { address, locale, visitor, solution }: Counted & { address: string; locale: string | null },
): Promise<void> {
  const { email, limits, users } = deps
  email.requireMail()
  const user = await findCaller(deps, caller.userId)
  if (isSameAddress(user.email, address)) throw refused('conflict')
  await limits.take({ purpose: 'mail', identifierKey: emailKey(address), visitor, solution })
  // The present one is told of it. Unproven, it may be a stranger's, and can be registered again at once.
  if (user.emailVerifiedAt === null)
    await limits.take({ purpose: 'mail-to-self', identifierKey: emailKey(user.email), visitor })
  const owner = await users.findByEmail(address)
  const state: State = { from: emailKey(user.email), sessionId: caller.sessionId }
  await deps.database.transaction(async (tx) => {
    await email.sendCode(tx, {
      purpose: 'change-address',
      userId: owner ? null : user.id,
      address,
      locale: user.locale ?? locale,
      state: textOf(state),
      origin: caller.origin,
      isDecoy: owner !== undefined,
    })
    const { id: userId = null, email: to = address } = owner ?? {}
    const notice = { message: 'address-taken', to, userId, locale: owner?.locale ?? null } as const
    await email.notify(tx, { ...notice, origin: caller.origin, isDecoy: owner === undefined })
  })
}

// `state` has room for 255 characters: a long address and a session id are more than that only in theory.
const textOf = ({ from, sessionId = '' }: State) => `${sessionId} ${from}`.slice(0, 255)

export type AddressChangeProof = Counted & { origin: Origin } & (
    | { code: string; email: string; caller: Pick<AccountCaller, 'userId' | 'sessionId'> }
    /** From whoever opened the link, and has no session at hand: with the password of the account that gets the address. */
    | { token: string; password: string }
  )

/**
 * Gives the user the address that was proved. The old one is told; if it was proved, with a link that undoes it for a week.
 *
 * Whoever reads the mails to the new address must be who asked for it: a code is good in a session of the user only, and the link
 * with the password. Otherwise somebody could give their own account the address of whoever presses a button, and wait there.
 *
 * @throws Refusal 'identifier-taken' when somebody took the address meanwhile, 'too-busy', 'token-refused' when the session has
 *   ended, and those of limits
 */
export async function finishAddressChange(
  deps: AccountDeps,
  change: AddressChangeProof,
): Promise<ProofOutcome | { kind: 'wrong-password' }> {
  const { origin } = change
  const proof: MailProof = 'token' in change ? { token: change.token } : { email: change.email, code: change.code }
  const taken = await countProof(deps, proof, change)
  const typed = 'token' in change ? await checkTyped(deps, change) : undefined
  return settle(deps, taken, async (tx) => {
    const outcome = await deps.email.checkProof(tx, 'change-address', proof)
    if (outcome.kind !== 'proved') return spoiled(outcome.kind)
    const { userId, address, state } = outcome
    const isTheirs = userId !== null && (!('caller' in change) || change.caller.userId === userId)
    if (!isTheirs) return spoiled('wrong')
    const user = 'caller' in change ? await holdCaller(deps, tx, change.caller) : await holdUser(deps, tx, userId)
    if (!user) return spoiled('wrong')
    const [sessionId = '', from = ''] = state.split(' ')
    if (textOf({ from: emailKey(user.email), sessionId }) !== textOf({ from, sessionId })) return spoiled('used')
    if ('token' in change) await acceptTypedPassword(deps, tx, typed, user.id)
    return move(deps, tx, { user, address, sessionId, origin })
  }).catch(asWrongPassword)
}

async function checkTyped(
  deps: AccountDeps,
  { token, password, visitor, solution }: Counted & { token: string; password: string },
): Promise<TypedPassword | undefined> {
  const sent = await deps.email.peek({ purpose: 'change-address', token })
  if (!sent) return undefined // the link is judged, and found wrong
  const user = sent.userId === null ? undefined : await deps.users.find(sent.userId)
  return checkTypedPassword(deps, user, { identifier: sent.address, hasLink: true, password, visitor, solution })
}

async function move(
  deps: AccountDeps,
  tx: Db,
  { user, address, sessionId, origin }: { user: User; address: string; sessionId: string; origin: Origin },
): Promise<Settled> {
  const { email, events, sessions, signIn, users } = deps
  const { id: userId, email: old, locale, emailVerifiedAt } = user
  const actor = { kind: 'user', id: userId } as const
  await users.changeEmail(tx, userId, { from: old, to: address })
  // Empty: the token that it was asked for with had no session.
  await events.append(tx, { type: 'email.changed', userId, actor, sessionId: sessionId || undefined, origin })
  if (emailVerifiedAt === null) {
    // Nobody had proved the old one: this is the first proof, shown in the session that asked for it. Whoever reads the mails there
    // may be a stranger, and with a link would have the account.
    await email.notify(tx, { message: 'unproven-address-changed', to: old, userId, locale, origin })
    const shown = { sessionId, amr: await sessions.methodsOf(tx, sessionId) }
    return done(await signIn.endUnproven(tx, { userId, shown, origin }))
  }
  await email.sendCode(tx, { purpose: 'undo-address-change', userId, address: old, locale, state: '', origin })
  return done()
}

/**
 * Gives the user the address back that it had before. Whoever undoes it says that somebody else was in the account: all sessions
 * end and every credential goes, since any may be theirs; a code to set a new password is mailed at once. Links that undo later
 * changes are void: they went to addresses of whoever was in. Those of earlier ones are not, or a thief would void the owner's.
 *
 * The address was free since, and registering asks for no proof: whoever has it and never proved it makes way.
 *
 * @throws Refusal 'identifier-taken' when somebody else proved it meanwhile, and those of limits
 */
export async function undoAddressChange(
  deps: AccountDeps,
  { token, origin, ...counted }: { token: string; origin: Origin } & Counted,
): Promise<ProofOutcome> {
  const { email, events, lifecycle, passwords, sessions, signIn, users } = deps
  const taken = await countProof(deps, { token }, counted)
  return settle(deps, taken, async (tx) => {
    const outcome = await email.checkToken(tx, { purpose: 'undo-address-change', token })
    if (outcome.kind !== 'proved') return spoiled(outcome.kind)
    const user = outcome.userId === null ? undefined : await holdUser(deps, tx, outcome.userId)
    if (!user || isSameAddress(user.email, outcome.address)) return spoiled('wrong')
    const { id: userId, locale } = user
    const actor = { kind: 'user', id: userId } as const
    const gone = await clearAddress(deps, tx, outcome.address, { actor, origin })
    await users.changeEmail(tx, userId, { from: user.email, to: outcome.address })
    await email.voidLater(tx, { purpose: 'undo-address-change', userId, after: outcome.sentAt })
    await signIn.removeCredentials(tx, { userId, origin })
    await users.noteSessionsEnded(tx, userId)
    const ended = await sessions.endAllOf(tx, userId, 'address-change-undone', { origin, actor })
    await events.append(tx, { type: 'email.changed', userId, actor, origin, reason: 'undone' })
    // Whoever was in may have asked for that too, and its mail went to them.
    await lifecycle.undoDeletion(tx, userId, { actor, origin, reason: 'address-change-undone' })
    const state = String(await passwords.changedAt(tx, userId))
    await email.sendCode(tx, { purpose: 'recover-password', userId, address: outcome.address, locale, state, origin })
    return done([...ended, ...gone])
  })
}

/** Erases whoever has the address and never proved it: the first proof of an address ends what was set without it (ADR 20). */
async function clearAddress(
  { lifecycle, users }: AccountDeps,
  tx: Db,
  address: string,
  by: { actor: Actor; origin: Origin },
): Promise<EndedSession[]> {
  const [holder] = await users.listHeld(tx, [], [address])
  if (!holder || holder.emailVerifiedAt !== null) return []
  return lifecycle.eraseHeld(tx, holder, { ...by, reason: 'address-change-undone' })
}
