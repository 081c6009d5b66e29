import type { Database } from '../../platform/db.ts'
import type { MovableClock } from '../../platform/movable-clock.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Totp } from '../totp/totp.ts'
import type { Users } from '../users/users.ts'

export type TestModeDeps = {
  database: Database
  /** The one that the whole service lives by. */
  clock: MovableClock
  events: Events
  users: Users
  email: Email
  sessions: Sessions
  totp: Totp
  lifecycle: Lifecycle
  /** Does what is due by now: reads which sessions ended, and runs every job once. */
  catchUp(): Promise<void>
}
