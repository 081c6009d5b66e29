import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Keys } from '../keys/keys.ts'
import type { Limits } from '../limits/limits.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Roles } from '../roles/roles.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Totp } from '../totp/totp.ts'
import type { Users } from '../users/users.ts'

/** What changes that touch all parts of a user stand on. */
export type LifecycleDeps = {
  database: Database
  clock: Clock
  logger: Logger
  events: Events
  limits: Limits
  keys: Keys
  users: Users
  roles: Roles
  email: Email
  passwords: Passwords
  passkeys: Passkeys
  totp: Totp
  sessions: Sessions
  /** Sign-in stands on the same rung: what is asked of it is handed in. */
  signIn: { removeAllOf(tx: Db, userId: number): Promise<void> }
  config: {
    /** How long an account stays after its owner asked for its deletion; 0: it is erased at once. */
    deletionDelayMs: number
  }
}
