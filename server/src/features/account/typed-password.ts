import { emailKey, type User } from '../users/users.ts'
import type { AccountDeps, Counted } from './deps.ts'

/**
 * Whether this is the password of the user, typed beside what proves something else. It is counted as a sign-in, and takes the same
 * time where there is no user.
 *
 * @param identifier what to count by where there is no user
 * @throws Refusal 'too-busy', and those of limits
 */
export function isTypedPassword(
  { limits, passwords, database }: AccountDeps,
  user: User | undefined,
  { identifier, password, visitor, solution }: Counted & { identifier: string; password: string },
): Promise<boolean> {
  const identifierKey = emailKey(user?.email ?? identifier)
  return limits.attempt({ purpose: 'sign-in', identifierKey, visitor, solution }, async (taken) => {
    const isRight = await passwords.check({ userId: user?.id, identifierKey, password })
    if (isRight) await database.transaction((tx) => limits.noteSuccess(tx, taken))
    return isRight
  })
}
