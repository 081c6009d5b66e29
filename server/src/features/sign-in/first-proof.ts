import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import type { FactorDeps } from './factor-deps.ts'
import { noteFactorChange } from './note-factor-change.ts'

/** What was shown together with the first proof of an address: it stays. */
export type Shown = {
  /** The session that the proof was made in. */
  sessionId?: string | undefined
  /** What that session was proven with, or what was shown beside the code. */
  amr: readonly AuthMethod[]
}

/**
 * Whoever registered an address that was not theirs, and set a password or a passkey, or stayed signed in, must not keep any of it
 * when the owner comes (pre-hijacking, CVE-2026-53516). So the first proof of an address ends every credential and session that
 * was not shown with it. In a transaction that holds the user's row; announce the answer after the commit.
 */
export async function endUnproven(
  deps: FactorDeps,
  tx: Db,
  { userId, shown, origin }: { userId: number; shown: Shown; origin: Origin },
): Promise<EndedSession[]> {
  const { users, sessions } = deps
  const kept = (...methods: AuthMethod[]) => methods.some((method) => shown.amr.includes(method))
  const caller = { userId, sessionId: shown.sessionId, origin }
  if (!kept('pwd')) await removePassword(deps, tx, caller)
  if (!kept('hwk', 'swk', 'pop')) await removePasskeys(deps, tx, caller)
  if (!kept('otp')) await removeCodes(deps, tx, caller)
  await users.noteSessionsEnded(tx, userId)
  const asking = { sessionId: shown.sessionId, origin, actor: { kind: 'user', id: userId } } as const
  return sessions.endAllOf(tx, userId, 'address-proved', asking)
}

type Caller = { userId: number; sessionId: string | undefined; origin: Origin }

/** Nobody signs in with a password any more, until one is set anew. */
export async function removePassword(
  { passwords, events }: Pick<FactorDeps, 'passwords' | 'events'>,
  tx: Db,
  { userId, origin }: Caller,
): Promise<void> {
  if (!(await passwords.remove(tx, userId))) return
  await events.append(tx, { type: 'password.removed', userId, actor: { kind: 'user', id: userId }, origin })
}

export async function removePasskeys(deps: FactorDeps, tx: Db, caller: Caller): Promise<void> {
  const listed = await deps.passkeys.list(tx, caller.userId)
  for (const { id: passkeyId } of listed) {
    await deps.passkeys.remove(tx, caller.userId, passkeyId)
    await noteFactorChange(deps, tx, caller, { type: 'factor.removed', factor: 'passkey', passkeyId })
  }
}

/** The app for codes, and with it the recovery codes. */
export async function removeCodes(deps: FactorDeps, tx: Db, caller: Caller): Promise<void> {
  const isRemoved = await deps.totp.remove(tx, caller.userId)
  await deps.totp.removeAllOf(tx, caller.userId)
  if (isRemoved) await noteFactorChange(deps, tx, caller, { type: 'factor.removed', factor: 'totp' })
}
