import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Lifetimes } from './lifetimes.ts'
import { contextOf } from './refresh-session.ts'
import { dropSuccessors, listSuccessors, replaceSuccessor, type SealedSuccessor } from './seal-store.ts'

const ROWS_AT_ONCE = 500
const CLOCK_SKEW_MS = 60_000

type SealDeps = { database: Database; clock: Clock; sealer: Sealer; lifetimes: Lifetimes }

/**
 * Leaves no refresh token under another key than the SECRET_KEY in use. Whoever has that key and a copy of the database would
 * have the current one of every session: those that a repeat may still ask for are sealed anew, all others go.
 */
export async function sealAgain(deps: SealDeps): Promise<void> {
  for (let after = ''; ; ) {
    const page = await listSuccessors(deps.database.db, after, ROWS_AT_ONCE)
    await sealSome(
      deps,
      page.filter(({ sealed }) => !sealed.startsWith(`${deps.sealer.keyId}.`)),
    )
    const last = page.at(-1)
    if (!last) return
    after = last.sessionId
  }
}

async function sealSome({ database, clock, sealer, lifetimes }: SealDeps, outdated: readonly SealedSuccessor[]) {
  const before = clock.now() - lifetimes.refreshGraceSeconds * 1000 - CLOCK_SKEW_MS
  const unused = outdated.filter(({ rotatedAt }) => rotatedAt < before).map(({ sessionId }) => sessionId)
  await database.statement((db) => dropSuccessors(db, unused, before))
  for (const successor of outdated) {
    if (successor.rotatedAt < before || !sealer.canOpen(successor.sealed)) continue
    const context = contextOf(successor.sessionId)
    const to = sealer.seal(sealer.open(successor.sealed, context), context)
    await database.statement((db) => replaceSuccessor(db, successor, to))
  }
}
