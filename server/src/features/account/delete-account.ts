import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { MailProof } from '../email/email.ts'
import type { Deletion, RequestedDeletion } from '../lifecycle/lifecycle.ts'
import type { User } from '../users/users.ts'
import { type AccountCaller, type AccountDeps, type Counted, findCaller, holdCaller, isSameAddress } from './deps.ts'
import { countProof, done, type ProofOutcome, settle, spoiled } from './proof.ts'

/** How the caller, whose sessions have all ended, can take it back: by the mail, or signed in again. */
export type WayBack = 'mail' | 'sign-in'

/** Asks for the account of the caller to be deleted. @throws Refusal 'token-refused', and those of limits */
export async function deleteAccount(
  { email, lifecycle }: AccountDeps,
  caller: AccountCaller,
  { visitor }: Counted,
): Promise<RequestedDeletion & { waysBack: readonly WayBack[] }> {
  const deletion = await lifecycle.requestDeletion({ ...caller, visitor })
  const ways: readonly WayBack[] = email.mode === 'off' ? ['sign-in'] : ['mail', 'sign-in']
  return { ...deletion, waysBack: deletion.isErased ? [] : ways }
}

/** @throws Refusal 'token-refused' when the caller is gone */
export async function showAccount(
  deps: AccountDeps,
  caller: AccountCaller,
): Promise<{ user: User; deletion: Deletion | undefined }> {
  const user = await findCaller(deps, caller.userId)
  return { user, deletion: await deps.lifecycle.findDeletion(user.id) }
}

/** The account stays, says its signed-in owner. @throws Refusal 'token-refused', 'not-found' when no deletion waits (any more) */
export async function undoDeletion(deps: AccountDeps, caller: AccountCaller): Promise<void> {
  const { database, lifecycle } = deps
  const { userId, sessionId, origin } = caller
  const actor = { kind: 'user', id: userId } as const
  const isUndone = await database.transaction(async (tx) => {
    await holdCaller(deps, tx, caller)
    return lifecycle.undoDeletion(tx, userId, { actor, sessionId, origin, reason: 'signed-in' })
  })
  if (!isUndone) throw refused('not-found')
}

/**
 * The account stays, says whoever reads the mails to its address. It signs nobody in, so that it also works for an account that was
 * disabled meanwhile, and stays so.
 *
 * @throws Refusals of limits
 */
export async function undoDeletionByMail(
  deps: AccountDeps,
  { proof, origin, ...counted }: Counted & { proof: MailProof; origin: Origin },
): Promise<ProofOutcome> {
  const { lifecycle, users } = deps
  const taken = await countProof(deps, proof, counted)
  return settle(deps, taken, async (tx) => {
    const outcome = await deps.email.checkProof(tx, 'undo-deletion', proof)
    if (outcome.kind !== 'proved') return spoiled(outcome.kind)
    const { userId, address, state } = outcome
    const [user] = userId === null ? [] : await users.listHeld(tx, [userId])
    if (!user || !isSameAddress(user.email, address)) return spoiled('wrong')
    const actor = { kind: 'user', id: user.id } as const
    const undoing = { actor, origin, reason: 'by-mail', requestedAt: Number(state) } as const
    return (await lifecycle.undoDeletion(tx, user.id, undoing)) ? done() : spoiled('used')
  })
}
