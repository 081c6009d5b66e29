import type { LifecycleDeps } from './deps.ts'
import { eraseHeld } from './erase-user.ts'
import { claimDueDeletion, listDueDeletions } from './store.ts'
import { tellErased } from './tell-erased.ts'
import { watchAdmins } from './watch-admins.ts'

const AT_ONCE = 100

/**
 * Erases the accounts whose owners asked for it and whose delay is over. Any number of processes may do it at once: of each
 * account one of them takes the request and erases, in one transaction. One that fails keeps none of the others.
 *
 * @returns how many it erased
 */
export async function eraseDue(deps: LifecycleDeps): Promise<number> {
  let erased = 0
  for (;;) {
    const due = await listDueDeletions(deps.database.db, deps.clock.now(), AT_ONCE)
    const outcomes: PromiseSettledResult<boolean>[] = []
    for (const userId of due)
      outcomes.push(...(await Promise.allSettled([watchAdmins(deps, userId, () => eraseOne(deps, userId))])))
    erased += outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value).length
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure) throw failure.reason
    if (due.length < AT_ONCE) return erased
  }
}

async function eraseOne(deps: LifecycleDeps, userId: number): Promise<boolean> {
  const { clock, database, users, sessions } = deps
  const ended = await database.transaction(async (tx) => {
    const [user] = await users.listHeld(tx, [userId])
    if (!(await claimDueDeletion(tx, userId, clock.now())) || !user) return undefined // taken back, or another was first
    const told = { actor: { kind: 'system' }, origin: undefined, reason: 'asked-by-user' } as const
    const endedSessions = await eraseHeld(deps, tx, user, told)
    await tellErased(deps, tx, user)
    return endedSessions
  })
  await sessions.announce(ended ?? [])
  return ended !== undefined
}
