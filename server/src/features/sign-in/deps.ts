import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Limits, Visitor } from '../limits/limits.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Totp } from '../totp/totp.ts'
import type { Users } from '../users/users.ts'

export type SignInConfig = {
  registration: 'open' | 'private' | 'closed'
  isPasswordless: boolean
}

/** What credential checks and sessions of a sign-in stand on. */
export type SignInDeps = {
  database: Database
  clock: Clock
  events: Events
  limits: Limits
  users: Users
  sessions: Sessions
  passwords: Passwords
  passkeys: Passkeys
  totp: Totp
  email: Email
  config: SignInConfig
}

/** What an attempt is counted by, and the solution of a challenge if one was asked for. */
export type Counted = { visitor: Visitor; solution?: string | undefined }
