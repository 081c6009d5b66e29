import { covers, EVERYTHING } from '../roles/roles.ts'
import type { LifecycleDeps } from './deps.ts'

type WatchDeps = Pick<LifecycleDeps, 'database' | 'logger' | 'roles' | 'users'>

/**
 * Runs a change to a user. Where it took the last one who could sign in and do everything, the log says so: the shell may do that,
 * and so may whoever leaves, but somebody should know.
 */
export async function watchAdmins<T>(deps: WatchDeps, userId: number, change: () => Promise<T>): Promise<T> {
  const wasAdmin = covers(await deps.roles.permissionsOf(userId), [EVERYTHING])
  const outcome = await change()
  if (wasAdmin && !(await hasAdmin(deps)))
    deps.logger.warn({ userId }, 'nobody is left who may do everything: make somebody an admin at the shell')
  return outcome
}

async function hasAdmin({ database: { db }, roles, users }: WatchDeps): Promise<boolean> {
  const holders = await users.listHeld(db, await roles.listHoldersOf(EVERYTHING))
  return holders.some(({ isEnabled }) => isEnabled)
}
