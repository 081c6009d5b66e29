import { refused } from '../../platform/refusal.ts'
import type { NewUser, User } from '../users/users.ts'
import type { SignInDeps } from './deps.ts'

export type SignUp = NewUser & { password: string }

/** Registers a user with a first password. One address is one user, however many register it at once. */
export async function signUp({ database, users, passwords }: SignInDeps, request: SignUp): Promise<User> {
  const { password, ...user } = request
  const reasons = await passwords.reasonsAgainst(password, user)
  const isTaken = (await users.findByEmail(user.email)) !== undefined
  if (isTaken) throw refused('identifier-taken', reasons.length > 0 ? { reasons } : {})
  if (reasons.length > 0) throw refused('password-refused', { reasons })
  const prepared = await passwords.prepare(password)
  return database.transaction(async (tx) => {
    const created = await users.create(tx, user) // the unique key decides, not the look before
    await passwords.set(tx, created.id, prepared)
    return created
  })
}
