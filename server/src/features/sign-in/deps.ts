import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../users/users.ts'

/** What credential checks and sessions of a sign-in stand on. */
export type SignInDeps = { database: Database; clock: Clock; users: Users; passwords: Passwords; sessions: Sessions }
