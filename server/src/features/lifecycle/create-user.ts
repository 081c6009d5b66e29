import { refused } from '../../platform/refusal.ts'
import { type NewUser, newAddressFault, newAddressFaults, type User } from '../users/users.ts'
import { actorOf, type Doer, holdDoer } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'

export type CreatedUser = NewUser & { password: string; roles: readonly string[] }

/**
 * A user whom an operator makes: the first one, or one where nobody may register.
 *
 * @throws Refusal 'malformed-request' (no address for a new user), 'identifier-taken', 'password-refused' { reasons }, 'not-permitted', 'not-found' (a role)
 */
export async function createUser(deps: LifecycleDeps, created: CreatedUser, by: Doer): Promise<User> {
  const { database, events, roles, users, passwords } = deps
  const { password, roles: names, ...user } = created
  const fault = newAddressFault(user.email)
  if (fault) throw refused('malformed-request', { errors: [{ pointer: '/email', detail: newAddressFaults[fault] }] })
  const reasons = await passwords.reasonsAgainst(password, user)
  if (reasons.length > 0) throw refused('password-refused', { reasons })
  const prepared = await passwords.prepare(password)
  return database.transaction(async (tx) => {
    await holdDoer(deps, tx, by)
    const made = await users.create(tx, user)
    await passwords.set(tx, made.id, prepared)
    const told = { userId: made.id, actor: actorOf(by), origin: by.origin }
    await events.append(tx, { type: 'user.registered', ...told })
    for (const role of names) {
      await roles.grant(tx, by, made.id, role)
      await events.append(tx, { type: 'role.granted', ...told, data: { role } })
    }
    return made
  })
}
