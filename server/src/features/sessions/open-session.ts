import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import type { Held, Roles } from '../roles/roles.ts'
import { acrOf, type Proof } from './assurance.ts'
import { type Lifetimes, tokenEndsOf } from './lifetimes.ts'
import type { Mint } from './mint-tokens.ts'
import { textHashOf } from './own-refresh-token.ts'
import type { Session, TokenPair } from './session.ts'
import { allotStatusIndex, insertSession } from './store.ts'

/** A session with what its first tokens say beside, and the first of them: nobody is given it before the commit. */
export type OpenedSession = Session & { held: Held; refreshToken: string }

/** Where a session begins, and what was proven for it. */
export type Opening = { origin: Origin; proof: Proof }

/** Opens a session in the caller's transaction, which must hold the user's row: a disabled user has no session. */
export async function openSession(
  { clock, lifetimes, roles, mint }: { clock: Clock; lifetimes: Lifetimes; roles: Roles; mint: Mint },
  tx: Db,
  userId: number,
  { origin, proof }: Opening,
): Promise<OpenedSession> {
  const now = clock.now()
  const session: Session = {
    id: randomId(),
    userId,
    openedAt: now,
    lastUsedAt: now,
    ...tokenEndsOf(now, now, lifetimes),
    currentTokenId: randomId(),
    currentTokenHash: null,
    parentTokenId: null,
    rotatedAt: null,
    successorSealed: null,
    endedAt: null,
    amr: proof.amr,
    acr: acrOf(proof.amr),
    authenticatedAt: proof.authenticatedAt,
    statusIndex: await allotStatusIndex(tx, now),
    claimsVersion: 0,
  }
  const held = await roles.heldBy(userId, tx)
  const refreshToken = mint.refreshToken({ ...session, held }, session.currentTokenId, now)
  session.currentTokenHash = textHashOf(refreshToken)
  await insertSession(tx, session, origin)
  return { ...session, held, refreshToken }
}

/** The first tokens of a session. Call after the commit. */
export function mintFirstTokens(mint: Mint, session: OpenedSession): TokenPair {
  return { access: mint.accessToken(session, session.openedAt), refresh: session.refreshToken }
}
