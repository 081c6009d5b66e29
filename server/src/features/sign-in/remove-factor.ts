import type { Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { endOthers, type FactorCaller, type FactorDeps, holdUser, listCredentials } from './factor-deps.ts'
import { type FactorChange, noteFactorChange } from './note-factor-change.ts'
import { hasSecondFactor, isLastWayIn } from './ways-in.ts'

/** @throws Refusal 'not-found' when the user has none */
export function removeTotp(deps: FactorDeps, caller: FactorCaller): Promise<void> {
  return removeFactor(deps, caller, { type: 'factor.removed', factor: 'totp' }, async (tx) => {
    if (!(await deps.totp.remove(tx, caller.userId))) throw refused('not-found')
  })
}

/**
 * @throws Refusal 'not-found' when the user has no such passkey: somebody else's is not there (GHSA-4vcf-q4xf-f48m);
 *   'last-way-in'
 */
export function removePasskey(deps: FactorDeps, caller: FactorCaller, passkeyId: string): Promise<void> {
  const { passkeys } = deps
  return removeFactor(deps, caller, { type: 'factor.removed', factor: 'passkey', passkeyId }, async (tx) => {
    const usable = (await passkeys.listFactors(tx, caller.userId)).some(({ id }) => id === passkeyId)
    const credentials = await listCredentials(deps, tx, caller.userId)
    // One of another relying party id is no way in: it may go.
    const isLast = usable && isLastWayIn(credentials, 'passkey')
    if (!(await passkeys.remove(tx, caller.userId, passkeyId))) throw refused('not-found')
    if (isLast) throw refused('last-way-in')
  })
}

/**
 * Removes a factor while the user's row is held, so that no two removals each leave the other one's as the last way in. Without a
 * second factor recovery codes go too.
 */
async function removeFactor(
  deps: FactorDeps,
  caller: FactorCaller,
  change: FactorChange,
  remove: (tx: Db) => Promise<void>,
): Promise<void> {
  const { database, sessions, totp } = deps
  const { userId } = caller
  const ended = await database.transaction(async (tx): Promise<EndedSession[]> => {
    await holdUser(deps, tx, caller)
    await remove(tx)
    if (!hasSecondFactor(await listCredentials(deps, tx, userId))) await totp.removeRecoveryCodes(tx, userId)
    await noteFactorChange(deps, tx, caller, change)
    return endOthers(deps, tx, caller)
  })
  await sessions.announce(ended)
}
