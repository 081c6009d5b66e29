import type { Db } from '../../platform/db.ts'
import { attemptOf, type CheckOutcome, type MailProof } from '../email/email.ts'
import type { Taken } from '../limits/limits.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import type { AccountDeps, Counted } from './deps.ts'

/** Why a code or a link does nothing. */
export type Spoiled = Exclude<CheckOutcome['kind'], 'proved'>

/** What became of it. A refusal is returned and not thrown: the try stays counted. */
export type ProofOutcome = { kind: 'done' } | { kind: Spoiled }

/** The same within the transaction, with the sessions that are to be announced after it. */
export type Settled = { outcome: ProofOutcome; ended: readonly EndedSession[] }

export const done = (ended: readonly EndedSession[] = []): Settled => ({ outcome: { kind: 'done' }, ended })
export const spoiled = (kind: Spoiled): Settled => ({ outcome: { kind }, ended: [] })

/** Counts it before it is looked at. @throws Refusals of limits */
export function countProof({ limits }: AccountDeps, proof: MailProof, { visitor, solution }: Counted): Promise<Taken> {
  return limits.take({ ...attemptOf(proof), visitor, solution })
}

/** Runs it in one transaction, and tells everybody of the sessions that it ended. What was done was shown by a right proof. */
export async function settle(
  { database, limits, sessions }: AccountDeps,
  taken: Taken,
  work: (tx: Db) => Promise<Settled>,
): Promise<ProofOutcome> {
  const { outcome, ended } = await database.transaction(async (tx) => {
    const settled = await work(tx)
    if (settled.outcome.kind === 'done') await limits.noteRight(tx, taken)
    return settled
  })
  await sessions.announce(ended)
  return outcome
}
