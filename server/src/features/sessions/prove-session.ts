import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import { type Assurance, type Demand, meetsDemand, type Proof, raiseAssurance } from './assurance.ts'
import { endOf, type Lifetimes } from './lifetimes.ts'
import type { Session } from './session.ts'
import { findSession, holdSession, replaceAssurance } from './store.ts'

type ProveDeps = { database: Database; clock: Clock; lifetimes: Lifetimes }

/**
 * Step-up: notes a fresh proof in a live session, in the caller's transaction. The tokens that it is given from then on say so.
 *
 * @returns what the session stands on now: as before if the proof was too weak to count; undefined when it has ended
 */
export async function raiseSession(
  { clock, lifetimes }: Pick<ProveDeps, 'clock' | 'lifetimes'>,
  tx: Db,
  sessionId: string,
  proof: Proof,
): Promise<Assurance | undefined> {
  const session = await holdSession(tx, sessionId)
  if (!session || !isLive(session, clock.now(), lifetimes)) return undefined
  const { amr, acr, authenticatedAt } = raiseAssurance(session, proof)
  await replaceAssurance(tx, sessionId, { amr, acr, authenticatedAt })
  return { amr, acr, authenticatedAt }
}

/**
 * Whether a session lives and was proven as demanded. The row decides, not the token: one that was made before a step-up
 * serves after it, and one of a session that has ended does not, on any process, from that moment on.
 */
export async function isProven(
  { database, clock, lifetimes }: ProveDeps,
  sessionId: string | undefined,
  demand: Demand,
): Promise<boolean> {
  const session = sessionId === undefined ? undefined : await findSession(database.db, sessionId)
  const now = clock.now()
  return session !== undefined && isLive(session, now, lifetimes) && meetsDemand(session, demand, now)
}

function isLive(session: Session, now: number, lifetimes: Lifetimes): boolean {
  return session.endedAt === null && endOf(session, lifetimes) > now
}
