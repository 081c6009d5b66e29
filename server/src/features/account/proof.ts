import type { Db } from '../../platform/db.ts'
import type { CheckOutcome, Purpose } from '../email/email.ts'
import type { Taken } from '../limits/limits.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { emailKey } from '../users/users.ts'
import type { AccountDeps, Counted } from './deps.ts'

/** What somebody read in a mail: the code, or the token of the link. */
export type MailProof = { email: string; code: string } | { token: string }

/** Why a code or a link does nothing. */
export type Spoiled = Exclude<CheckOutcome['kind'], 'proved'>

/** What became of it. A refusal is returned and not thrown: the try stays counted. */
export type ProofOutcome = { kind: 'done' } | { kind: Spoiled }

/** The same within the transaction, with the sessions that are to be announced after it. */
export type Settled = { outcome: ProofOutcome; ended: readonly EndedSession[] }

export const done = (ended: readonly EndedSession[] = []): Settled => ({ outcome: { kind: 'done' }, ended })
export const spoiled = (kind: Spoiled): Settled => ({ outcome: { kind }, ended: [] })

export function checkProof({ email }: AccountDeps, tx: Db, purpose: Purpose, proof: MailProof): Promise<CheckOutcome> {
  if ('token' in proof) return email.checkToken(tx, { purpose, token: proof.token })
  return email.checkCode(tx, { purpose, address: proof.email, code: proof.code })
}

/** Counts it before it is looked at: a code by its address, which may be anybody's or nobody's. @throws Refusals of limits */
export function countProof({ limits }: AccountDeps, proof: MailProof, { visitor, solution }: Counted): Promise<Taken> {
  const account = 'email' in proof ? { identifierKey: emailKey(proof.email) } : {}
  return limits.take({ purpose: 'mail-code', ...account, visitor, solution })
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
