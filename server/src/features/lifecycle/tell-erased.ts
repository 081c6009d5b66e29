import type { Db } from '../../platform/db.ts'
import type { User } from '../users/users.ts'
import type { LifecycleDeps } from './deps.ts'

/** The last mail to an owner who asked for it. It is nobody's any more: nothing here leads from it to the account. */
export async function tellErased({ email }: LifecycleDeps, tx: Db, { email: to, locale }: User): Promise<void> {
  const origin = { address: null, userAgent: null }
  await email.notify(tx, { message: 'account-deleted', to, userId: null, locale, origin })
}
