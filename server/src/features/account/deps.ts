import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import type { Limits, Visitor } from '../limits/limits.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Roles } from '../roles/roles.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Totp } from '../totp/totp.ts'
import { emailKey, type User, type Users } from '../users/users.ts'

export type AccountDeps = {
  database: Database
  clock: Clock
  events: Events
  limits: Limits
  users: Users
  email: Email
  sessions: Sessions
  passwords: Passwords
  signIn: SignIn
  lifecycle: Lifecycle
  roles: Roles
  passkeys: Passkeys
  totp: Totp
}

/** What an attempt is counted by, and the solution of a challenge if one was asked for. */
export type Counted = { visitor: Visitor; solution?: string | undefined }

/** The signed-in person. */
export type AccountCaller = { userId: number; sessionId: string | undefined; origin: Origin }

/** @throws Refusal 'token-refused' when the caller is gone */
export async function findCaller({ users }: AccountDeps, userId: number): Promise<User> {
  const user = await users.find(userId)
  if (!user?.isEnabled) throw refused('token-refused', { reason: 'ended' })
  return user
}

/** A user who may sign in, whose row is held until the transaction ends; undefined: there is none. */
export async function holdUser({ users }: AccountDeps, tx: Db, userId: number): Promise<User | undefined> {
  // Whenever sessions were ended: what was proved has been looked at by its own row.
  if (!(await users.holdEnabled(tx, userId, Number.MAX_SAFE_INTEGER))) return undefined
  const [user] = await users.listHeld(tx, [userId])
  return user
}

/**
 * The same of who is signed in, whose session is looked at again then: what was under way when it was ended changes nothing
 * afterwards.
 *
 * @throws Refusal 'token-refused' when the caller may not sign in, or the session has ended
 */
export async function holdCaller(deps: AccountDeps, tx: Db, { userId, sessionId }: HeldCaller): Promise<User> {
  const user = await holdUser(deps, tx, userId)
  const isOpen = user && (sessionId === undefined || (await deps.sessions.isOpen(tx, sessionId)))
  if (!isOpen) throw refused('token-refused', { reason: 'ended' })
  return user
}

type HeldCaller = Pick<AccountCaller, 'userId' | 'sessionId'>

export const isSameAddress = (one: string, other: string): boolean => emailKey(one) === emailKey(other)
