import { actorOf, type Doer } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/**
 * A signing key may be in somebody else's hands: it is retired at once, and every session that was used since it began to sign
 * ends. Nobody can forge one any more: no process and no verifier that follows the feed takes what it signed. What those sessions
 * were given under a later key since is revoked as at every other end. One event tells of all: there may be a hundred thousand.
 *
 * @returns how many sessions ended
 * @throws Refusal 'not-found'
 */
export async function retireKey(deps: LifecycleDeps, id: string, by: Doer): Promise<number> {
  const { database, events, keys, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    const { activatedAt } = await keys.retire(tx, id)
    const sessionsEnded = activatedAt === null ? 0 : await sessions.endAllSince(tx, activatedAt)
    const told = { userId: null, actor: actorOf(by), origin: by.origin, data: { keyId: id, sessionsEnded } }
    await events.append(tx, { type: 'key.compromised', ...told })
    return sessionsEnded
  })
  await keys.renew()
  if (ended > 0) await sessions.announceMany()
  return ended
}
