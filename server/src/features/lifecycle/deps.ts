import type { Database } from '../../platform/db.ts'
import type { Events } from '../events/events.ts'
import type { Keys } from '../keys/keys.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Roles } from '../roles/roles.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../users/users.ts'

/** What changes that touch all parts of a user stand on. */
export type LifecycleDeps = {
  database: Database
  events: Events
  keys: Keys
  users: Users
  roles: Roles
  passwords: Passwords
  sessions: Sessions
}
