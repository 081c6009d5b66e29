import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Events } from '../events/events.ts'
import { legacySession } from './legacy-session.ts'
import { type LegacyClaims, legacySessionId } from './legacy-token.ts'
import type { Session } from './session.ts'
import { endUnrotatedSession, insertSessions, listSessions } from './store.ts'

/** A refresh token of the old service; `hasEnded`: it was blacklisted there, or its user may not sign in (with it). */
export type ImportedToken = { claims: LegacyClaims; hasEnded: boolean }

/**
 * What becomes of it: `open` and `ended` are new sessions, `end` ends one that is here and was not rotated since. A session
 * that is here in another state is `unchanged`: what happened here is newer. `expired`: it is worth nothing any more.
 */
export type TokenImport = 'open' | 'ended' | 'end' | 'unchanged' | 'expired'

const SESSIONS_PER_STATEMENT = 500 // 18 parameters a row: far below SQLite's 32,766 and the servers' 65,535
const NO_ORIGIN = { address: null, userAgent: null }
const REASON = 'imported-as-ended'

/**
 * Makes of each refresh token the session that it stands for. Running it again changes nothing. What had ended before it came
 * here is no news; the end of a session that was open here is told.
 *
 * @returns what became, or in a dry run would become, of each token
 * @throws UniqueViolation when a client was first with one of them
 */
export async function importTokens(
  { clock, events }: { clock: Clock; events: Events },
  tx: Db,
  tokens: readonly ImportedToken[],
  { dryRun }: { dryRun: boolean },
): Promise<TokenImport[]> {
  const now = clock.now()
  const sessions = tokens.map(({ claims }) =>
    legacySession({ ...claims, sessionId: legacySessionId(claims.tokenId) }, now),
  )
  const ids = sessions.map(({ id }) => id)
  const here = new Map((await listSessions(tx, ids)).map((session) => [session.id, session]))
  const plans = sessions.map((session, index) =>
    decideImport(session, tokens[index]?.hasEnded === true, here.get(session.id), now),
  )
  if (dryRun) return plans
  const planned = (plan: TokenImport) => sessions.filter((_, index) => plans[index] === plan)
  await insertAll(tx, planned('open'), null)
  await insertAll(
    tx,
    planned('ended').map((session) => ({ ...session, endedAt: now })),
    REASON,
  )
  const ended: Session[] = []
  for (const session of planned('end')) {
    if (await endUnrotatedSession(tx, session, REASON, now)) ended.push(session)
  }
  const told = { type: 'session.ended', reason: REASON, actor: { kind: 'system' } } as const
  await events.appendAll(
    tx,
    ended.map(({ id: sessionId, userId }) => ({ ...told, userId, sessionId })),
  )
  return plans
}

/** @param here the session with the same id, if there is one */
export function decideImport(
  { currentTokenId, expiresAt }: Pick<Session, 'currentTokenId' | 'expiresAt'>,
  hasEnded: boolean,
  here: Pick<Session, 'currentTokenId' | 'endedAt'> | undefined,
  now: number,
): TokenImport {
  if (expiresAt <= now) return 'expired'
  if (!here) return hasEnded ? 'ended' : 'open'
  const isOpenWithIt = here.endedAt === null && here.currentTokenId === currentTokenId
  return hasEnded && isOpenWithIt ? 'end' : 'unchanged'
}

async function insertAll(tx: Db, sessions: readonly Session[], reason: typeof REASON | null): Promise<void> {
  for (let start = 0; start < sessions.length; start += SESSIONS_PER_STATEMENT) {
    await insertSessions(tx, sessions.slice(start, start + SESSIONS_PER_STATEMENT), NO_ORIGIN, reason)
  }
}
