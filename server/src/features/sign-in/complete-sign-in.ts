import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Taken } from '../limits/limits.ts'
import type { OpenedSession, TokenPair } from '../sessions/sessions.ts'
import { beginAttempt } from './attempt.ts'
import type { SignInDeps } from './deps.ts'
import { dueFactors, type Factors, type SecondFactor } from './policy.ts'

export type SignedIn = { kind: 'signed-in'; tokens: TokenPair }
/** The first factor is right; one of these must follow, with this token. */
export type SecondFactorDue = { kind: 'second-factor'; mfaToken: string; methods: readonly SecondFactor[] }
export type SignInOutcome = SignedIn | SecondFactorDue

/** Somebody proved to be a user, in a first factor or in all that were due. */
export type Proven = {
  userId: number
  amr: readonly AuthMethod[]
  origin: Origin
  /** What the attempt took from the limits: it is given back when the session opens, not before. */
  taken: Taken
}

type Opened = { kind: 'opened'; session: OpenedSession }

/**
 * What every way in ends with: the same second factors are due, whichever way the first was proven (CVE-2026-9091). Undefined:
 * there is no such user any more, or a disabled one.
 */
export async function completeSignIn(deps: SignInDeps, proven: Proven): Promise<SignInOutcome | undefined> {
  const { database, sessions } = deps
  const outcome = await database.transaction(async (tx) => {
    // One conditional update says that nothing more is due, notes the sign-in and locks the row: neither a disabling nor a new
    // second factor comes between it and the session.
    if (await deps.users.recordLogin(tx, proven.userId, { unlessSecondFactor: true }))
      return openSession(deps, tx, proven)
    return askFurther(deps, tx, proven)
  })
  if (outcome?.kind !== 'opened') return outcome
  return { kind: 'signed-in', tokens: sessions.firstTokens(outcome.session) }
}

async function askFurther(deps: SignInDeps, tx: Db, proven: Proven): Promise<Opened | SecondFactorDue | undefined> {
  const { clock, users } = deps
  const { userId, amr } = proven
  if (!(await users.holdEnabled(tx, userId, clock.now()))) return undefined
  const methods = await listDueFactors(deps, tx, proven)
  if (methods.length > 0)
    return { kind: 'second-factor', mfaToken: await beginAttempt(deps, tx, { userId, amr }), methods }
  if (!(await users.recordLogin(tx, userId))) return undefined
  return openSession(deps, tx, proven)
}

/** Opens the session of a sign-in that is complete, in a transaction that holds the user's row. */
export async function openSession(deps: SignInDeps, tx: Db, { userId, amr, origin, taken }: Proven): Promise<Opened> {
  const { clock, events, limits, sessions } = deps
  await limits.noteSuccess(tx, taken)
  const session = await sessions.open(tx, userId, { origin, proof: { amr, authenticatedAt: clock.now() } })
  await events.append(tx, {
    type: 'sign-in.succeeded',
    userId,
    actor: { kind: 'user', id: userId },
    sessionId: session.id,
    origin,
    data: { amr: amr.join(' ') },
  })
  return { kind: 'opened', session }
}

/** Of which one must follow what this user has proven; none: it is the whole proof. */
export async function listDueFactors(
  deps: Pick<SignInDeps, 'totp' | 'passkeys'>,
  tx: Db,
  { userId, amr }: Pick<Proven, 'userId' | 'amr'>,
): Promise<readonly SecondFactor[]> {
  return dueFactors(amr, await listFactors(deps, tx, userId))
}

async function listFactors(
  { totp, passkeys }: Pick<SignInDeps, 'totp' | 'passkeys'>,
  tx: Db,
  userId: number,
): Promise<Factors> {
  const { totp: app, recoveryCodesLeft } = await totp.listFactors(tx, userId)
  const usable = await passkeys.listFactors(tx, userId)
  return { hasTotp: app !== undefined, recoveryCodes: recoveryCodesLeft, passkeys: usable.length }
}
