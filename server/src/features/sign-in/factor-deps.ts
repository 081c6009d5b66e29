import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { EndedSession, Sessions } from '../sessions/sessions.ts'
import type { Totp } from '../totp/totp.ts'
import type { User, Users } from '../users/users.ts'
import type { Credentials } from './ways-in.ts'

/** What changes of a user's factors stand on. */
export type FactorDeps = {
  database: Database
  clock: Clock
  events: Events
  users: Users
  sessions: Sessions
  passwords: Passwords
  passkeys: Passkeys
  totp: Totp
  email: Email
}

/** Who changes their own factors, from which session. */
export type FactorCaller = { userId: number; sessionId: string | undefined; origin: Origin }

/**
 * Holds the caller's row until the transaction ends. The session is looked at again then: what was under way when all were ended,
 * as by an operator who resets the factors, adds nothing afterwards.
 *
 * @throws Refusal 'token-refused' when the user may not sign in, or the session has ended
 */
export async function holdUser({ users, sessions }: FactorDeps, tx: Db, caller: FactorCaller): Promise<void> {
  const { userId, sessionId } = caller
  // Whenever sessions were ended: whether the one that asks lives is said by its row.
  const isHeld = await users.holdEnabled(tx, userId, Number.MAX_SAFE_INTEGER)
  const isOpen = isHeld && (sessionId === undefined || (await sessions.isOpen(tx, sessionId)))
  if (!isOpen) throw refused('token-refused', { reason: 'ended' })
}

/**
 * After a factor was removed, in the transaction that holds the user's row: the other sessions end (ASVS 7.4.3), and so do
 * tokens of the old service, which name none. One of them may be why it was removed. Announce the answer after the commit.
 */
export async function endOthers(
  { users, sessions }: FactorDeps,
  tx: Db,
  { userId, sessionId, origin }: FactorCaller,
): Promise<EndedSession[]> {
  await users.noteSessionsEnded(tx, userId)
  return sessions.endAllOf(tx, userId, 'factor-removed', { sessionId, origin, actor: { kind: 'user', id: userId } })
}

/** What the user can use now. */
export async function listCredentials(
  { passwords, passkeys, totp }: FactorDeps,
  db: Db,
  userId: number,
): Promise<Credentials> {
  const password = (await passwords.listStored(db, [userId])).get(userId)
  const hasPassword = password !== undefined && passwords.classify(password.text).kind === 'usable'
  const codes = await totp.listFactors(db, userId)
  return {
    password: hasPassword ? 1 : 0,
    passkey: (await passkeys.listFactors(db, userId)).length,
    totp: codes.totp ? 1 : 0,
    'recovery-code': codes.recoveryCodesLeft,
  }
}

/** How authenticators name the user to the user. @throws Refusal 'token-refused' when the user is gone */
export async function namingOf(
  { users }: FactorDeps,
  userId: number,
): Promise<{ identifier: string; displayName: string }> {
  const user = await users.find(userId)
  if (!user) throw refused('token-refused', { reason: 'ended' })
  return { identifier: user.email, displayName: displayNameOf(user) }
}

function displayNameOf({ firstName, lastName, email }: User): string {
  return [firstName, lastName].filter(Boolean).join(' ') || email
}
