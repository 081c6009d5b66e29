import type { LifecycleDeps } from './deps.ts'

/** One transaction: the user's row first (it is what a login locks), then the sessions; told to everybody after the commit. */
export async function disableUser({ database, users, sessions }: LifecycleDeps, userId: number): Promise<boolean> {
  const ended = await database.transaction(async (tx) => {
    if (!(await users.disable(tx, userId))) return undefined
    return sessions.endAllOf(tx, userId, 'user-disabled')
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}
