import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Assurance } from '../sessions/sessions.ts'
import { emailKey } from '../users/users.ts'
import { listDueFactors } from './complete-sign-in.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { noteFailure } from './note-failure.ts'
import { type FactorProof, proveFactor } from './prove-factor.ts'

export type StepUpProof = FactorProof | { method: 'password'; password: string }

/** Who proves again who they are, in which session. */
export type StepUpRequest = Counted & { userId: number; sessionId: string; proof: StepUpProof; origin: Origin }

/** Options for a passkey of the caller; its answer is good in this session only. */
export function startPasskeyStepUp(
  { passkeys }: SignInDeps,
  { userId, sessionId }: { userId: number; sessionId: string },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return passkeys.startCheck({ purpose: 'step-up', userId, boundTo: sessionId })
}

/**
 * Proves again who asks, in their session. It is counted for the account, whatever session: whoever found an open one may guess no
 * more often than strangers may, and those do not keep the owner waiting.
 *
 * @returns what the session stands on now; as before if the proof was weaker than that and added no factor
 * @throws Refusal 'proof-refused', 'token-refused' when the session has ended, 'too-busy', and those of limits
 */
export async function stepUp(deps: SignInDeps, request: StepUpRequest): Promise<Assurance> {
  const { userId, sessionId, proof, origin, visitor, solution } = request
  const user = await deps.users.find(userId)
  if (!user) throw refused('token-refused', { reason: 'ended' })
  const identifierKey = emailKey(user.email)
  return deps.limits.attempt({ purpose: 'step-up', identifierKey, visitor, solution }, async (taken) => {
    const amr = await prove(deps, request, identifierKey)
    if (!amr) {
      await noteFailure(deps, { userId, sessionId, origin, reason: `step-up:${proof.method}` })
      throw refused('proof-refused')
    }
    const raised = await deps.database.transaction(async (tx) => {
      if (await isWhole(deps, tx, request, amr)) await deps.limits.noteSuccess(tx, taken)
      return raise(deps, request, amr, tx)
    })
    if (!raised) throw refused('token-refused', { reason: 'ended' })
    return raised
  })
}

/** A password beside which there is a second factor is half of a proof, as at a sign-in: it gives no new tries at the other half. */
async function isWhole(
  deps: SignInDeps,
  tx: Db,
  { userId, proof }: StepUpRequest,
  amr: readonly AuthMethod[],
): Promise<boolean> {
  return proof.method !== 'password' || (await listDueFactors(deps, tx, { userId, amr })).length === 0
}

async function prove(
  deps: SignInDeps,
  { userId, sessionId, proof, origin }: StepUpRequest,
  identifierKey: string,
): Promise<readonly AuthMethod[] | undefined> {
  if (proof.method !== 'password')
    return proveFactor(deps, { userId, purpose: 'step-up', boundTo: sessionId, origin }, proof)
  const { password } = proof
  return (await deps.passwords.check({ userId, identifierKey, password })) ? ['pwd'] : undefined
}

async function raise(
  { clock, events, sessions }: SignInDeps,
  { userId, sessionId, origin }: StepUpRequest,
  amr: readonly AuthMethod[],
  tx: Db,
): Promise<Assurance | undefined> {
  const raised = await sessions.raise(tx, sessionId, { amr, authenticatedAt: clock.now() })
  if (!raised) return undefined
  const data = { amr: amr.join(' ') }
  const actor = { kind: 'user', id: userId } as const
  await events.append(tx, { type: 'session.stepped-up', userId, actor, sessionId, origin, data })
  return raised
}
