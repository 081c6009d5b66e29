import type { Events } from '../../features/events/events.ts'
import type { Keys } from '../../features/keys/keys.ts'
import type { Lifecycle } from '../../features/lifecycle/lifecycle.ts'
import type { Roles } from '../../features/roles/roles.ts'
import type { Sessions } from '../../features/sessions/sessions.ts'
import type { SignIn } from '../../features/sign-in/sign-in.ts'
import type { Users } from '../../features/users/users.ts'
import type { Webhooks } from '../../features/webhooks/webhooks.ts'

/** What the routes of the admin API call. */
export type AdminDeps = {
  config: { eventsPersonal: 'off' | 'on' }
  events: Events
  keys: Keys
  lifecycle: Lifecycle
  roles: Roles
  sessions: Sessions
  signIn: SignIn
  users: Users
  webhooks: Webhooks
}
