import type { LifecycleDeps } from './deps.ts'

/** Removes a user for good. The revocations stay until the last access token has expired: they name no person. */
export async function eraseUser(
  { database, users, passwords, passkeys, totp, sessions }: LifecycleDeps,
  userId: number,
): Promise<boolean> {
  const ended = await database.transaction(async (tx) => {
    if (!(await users.remove(tx, userId))) return undefined
    const endedSessions = await sessions.endAllOf(tx, userId, 'user-erased')
    await sessions.removeAllOf(tx, userId)
    await passwords.remove(tx, userId)
    await passkeys.removeAllOf(tx, userId)
    await totp.removeAllOf(tx, userId)
    return endedSessions
  })
  if (!ended) return false
  await sessions.announce(ended)
  return true
}
