import type { Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import type { PasskeyView } from '../passkeys/passkeys.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import type { StartedEnrolment } from '../totp/totp.ts'
import { endOthers, type FactorCaller, type FactorDeps, holdUser, listCredentials, namingOf } from './factor-deps.ts'
import { noteFactorChange, tellOwner } from './note-factor-change.ts'
import { hasSecondFactor } from './ways-in.ts'

/** Shows a secret that an app for codes is to have. Nothing is a factor yet. */
export async function startTotp(deps: FactorDeps, caller: FactorCaller): Promise<StartedEnrolment> {
  const { identifier } = await namingOf(deps, caller.userId)
  return deps.database.transaction(async (tx) => {
    await holdUser(deps, tx, caller)
    return deps.totp.startEnrolment(tx, { ...caller, identifier })
  })
}

export type AddedTotp = {
  /** The first ones of the user, told this once; undefined when the user has some. */
  recoveryCodes: string[] | undefined
}

/**
 * Makes the app that shows this code a factor. One that it takes the place of is removed, with what follows from that:
 * whoever has the old phone is out. The code was a proof too: it counts for the session, which need not show another one.
 */
export async function addTotp(deps: FactorDeps, caller: FactorCaller, code: string): Promise<AddedTotp> {
  const { database, clock, totp, sessions } = deps
  const { userId, sessionId } = caller
  const { recoveryCodes, ended } = await database.transaction(async (tx) => {
    await holdUser(deps, tx, caller)
    const { hasReplaced } = await totp.finishEnrolment(tx, { userId, sessionId, code })
    const ended = hasReplaced ? await noteReplaced(deps, tx, caller) : []
    await noteFactorChange(deps, tx, caller, { type: 'factor.added', factor: 'totp' })
    if (sessionId !== undefined) await sessions.raise(tx, sessionId, { amr: ['otp'], authenticatedAt: clock.now() })
    const { recoveryCodesLeft } = await totp.listFactors(tx, userId)
    return { recoveryCodes: recoveryCodesLeft > 0 ? undefined : await renewCodes(deps, tx, caller), ended }
  })
  await sessions.announce(ended)
  return { recoveryCodes }
}

async function noteReplaced(deps: FactorDeps, tx: Db, caller: FactorCaller): Promise<EndedSession[]> {
  await noteFactorChange(deps, tx, caller, { type: 'factor.removed', factor: 'totp' })
  return endOthers(deps, tx, caller)
}

async function renewCodes(deps: FactorDeps, tx: Db, caller: FactorCaller): Promise<string[]> {
  await noteFactorChange(deps, tx, caller, { type: 'recovery-codes.made', factor: 'recovery-code' })
  return deps.totp.makeRecoveryCodes(tx, caller.userId)
}

/** Ten new recovery codes, told this once. @throws Refusal 'second-factor-missing' */
export function renewRecoveryCodes(deps: FactorDeps, caller: FactorCaller): Promise<string[]> {
  return deps.database.transaction(async (tx) => {
    await holdUser(deps, tx, caller)
    if (!hasSecondFactor(await listCredentials(deps, tx, caller.userId))) throw refused('second-factor-missing')
    await tellOwner(deps, tx, caller, { message: 'recovery-codes-made' })
    return renewCodes(deps, tx, caller)
  })
}

/** Keeps the passkey that the browser made. Nobody else's access changes: other sessions stay. */
export async function addPasskey(
  deps: FactorDeps,
  caller: FactorCaller,
  made: { response: unknown; name: string },
): Promise<PasskeyView> {
  const { database, passkeys } = deps
  const { userId, sessionId } = caller
  const verified = await passkeys.finishEnrolment({ userId, sessionId, ...made })
  return database.transaction(async (tx) => {
    await holdUser(deps, tx, caller)
    const added = await passkeys.add(tx, verified)
    await noteFactorChange(deps, tx, caller, { type: 'factor.added', factor: 'passkey', passkeyId: added.id })
    return added
  })
}
