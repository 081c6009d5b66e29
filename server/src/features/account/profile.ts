import type { User } from '../users/users.ts'
import { type AccountCaller, type AccountDeps, findCaller, holdCaller } from './deps.ts'

/** What the caller may change without a fresh proof; undefined leaves it. */
export type ProfileChange = {
  firstName: string | undefined
  lastName: string | undefined
  /** Language of mails and pages (BCP 47); null: none is chosen. */
  locale: string | null | undefined
}

/** @throws Refusal 'token-refused' when the caller is gone, or the session has ended */
export async function changeProfile(deps: AccountDeps, caller: AccountCaller, change: ProfileChange): Promise<User> {
  const { database, events, users } = deps
  const { firstName, lastName, locale } = change
  const { userId } = caller
  const names = { ...(firstName !== undefined && { firstName }), ...(lastName !== undefined && { lastName }) }
  await database.transaction(async (tx) => {
    await holdCaller(deps, tx, caller)
    if (Object.keys(names).length > 0) await users.change(tx, userId, names)
    if (locale !== undefined) await users.setLocale(tx, userId, locale)
    const { sessionId, origin } = caller
    const actor = { kind: 'user', id: userId } as const
    await events.append(tx, { type: 'user.changed', userId, actor, sessionId, origin })
  })
  return findCaller(deps, userId)
}
