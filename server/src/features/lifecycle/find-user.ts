import { refused } from '../../platform/refusal.ts'
import type { User } from '../users/users.ts'
import type { LifecycleDeps } from './deps.ts'

/** A user as an operator names one: `42` or `ann@example.com`. @throws Refusal 'user-unknown' */
export async function findUser({ users }: LifecycleDeps, identifier: string): Promise<User> {
  const user = /^\d{1,15}$/.test(identifier)
    ? await users.find(Number(identifier))
    : await users.findByEmail(identifier)
  if (!user) throw refused('user-unknown')
  return user
}
