import { refused } from '../../platform/refusal.ts'
import { emailKey, type NewUser, type User } from '../users/users.ts'
import type { Counted, SignInDeps } from './deps.ts'

export type SignUp = NewUser & { password: string }

/** Registers a user with a first password. One address is one user, however many register it at once. */
export async function signUp(deps: SignInDeps, request: SignUp, counted: Counted): Promise<User> {
  const { database, users, passwords } = deps
  const { password, ...user } = request
  await count(deps, user.email, counted)
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

/** Whether somebody has this address. Counted as a registration: it tells as much. */
export async function isTaken(deps: SignInDeps, { email, ...counted }: Counted & { email: string }): Promise<boolean> {
  await count(deps, email, counted)
  return (await deps.users.findByEmail(email)) !== undefined
}

async function count({ limits }: SignInDeps, email: string, { visitor, solution }: Counted): Promise<void> {
  await limits.take({ purpose: 'sign-up', identifierKey: emailKey(email), visitor, solution })
}
