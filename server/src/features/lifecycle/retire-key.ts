import { actorOf, type Doer } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

/**
 * A signing key may be in somebody else's hands: it is retired at once, and every session that it signed a token for ends.
 * Nobody can forge one any more: no process and no verifier that follows the feed takes what it signed. The row of each
 * session is marked; its tokens need no revocation of their own, as their key is gone.
 *
 * @returns how many sessions ended
 * @throws Refusal 'not-found'
 */
export async function retireKey(deps: LifecycleDeps, id: string, by: Doer): Promise<number> {
  const { database, events, keys, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    const { activatedAt } = await keys.retire(tx, id)
    const told = { userId: null, actor: actorOf(by), origin: by.origin, data: { keyId: id } }
    await events.append(tx, { type: 'key.compromised', ...told })
    return activatedAt === null ? 0 : sessions.endAllSince(tx, activatedAt)
  })
  await keys.renew()
  return ended
}
