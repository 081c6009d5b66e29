import type { MailedCode } from '../email/email.ts'
import type { Deletion } from '../lifecycle/lifecycle.ts'
import type { PasskeyView } from '../passkeys/passkeys.ts'
import type { Grant, Held } from '../roles/roles.ts'
import type { KeptSession } from '../sessions/sessions.ts'
import type { TotpFactors } from '../totp/totp.ts'
import { emailKey, type User } from '../users/users.ts'
import { type AccountCaller, type AccountDeps, type Counted, findCaller } from './deps.ts'
import { type HistoryEntry, toEntry } from './history.ts'

/**
 * All that is kept about a person that can be told (GDPR articles 15(3) and 20(1)): no secrets, no hashes, and of others nothing. What
 * may be long is read as it is taken, some rows at a time.
 */
export type AccountExport = {
  takenAt: number
  user: User
  deletion: Deletion | undefined
  /** `changedAt` of the password: milliseconds since the epoch. */
  password: { isSet: boolean; changedAt: number | null }
  passkeys: readonly PasskeyView[]
  userHandle: string | undefined
  totp: TotpFactors
  held: Held
  grants: readonly Grant[]
  codes: readonly MailedCode[]
  sessions: AsyncIterable<KeptSession>
  /** Every event about the person, the latest first. */
  events: AsyncIterable<ExportedEvent>
}

export type ExportedEvent = HistoryEntry & {
  /** What was sealed under the key of the person. */
  personal: Readonly<Record<string, string>> | null
}

/**
 * Takes a copy for the caller, who is told of it by mail.
 *
 * @throws Refusal 'token-refused' when the caller is gone, and those of limits
 */
export async function exportAccount(
  deps: AccountDeps,
  caller: AccountCaller,
  { visitor }: Counted,
): Promise<AccountExport> {
  const { clock, database, email, lifecycle, limits, passkeys, passwords, roles, totp } = deps
  const user = await findCaller(deps, caller.userId)
  await limits.take({ purpose: 'export', identifierKey: emailKey(user.email), visitor })
  await tell(deps, caller, user)
  const { db } = database
  return {
    takenAt: clock.now(),
    user,
    deletion: await lifecycle.findDeletion(user.id),
    password: { isSet: await passwords.has(db, user.id), changedAt: await passwords.changedAt(db, user.id) },
    passkeys: await passkeys.list(db, user.id),
    userHandle: await passkeys.findHandle(user.id),
    totp: await totp.listFactors(db, user.id),
    held: await roles.heldBy(user.id),
    grants: await roles.listGrants(user.id),
    codes: await email.listCodes(user.id),
    sessions: sessionsOf(deps, user.id),
    events: eventsOf(deps, user.id),
  }
}

/** Before anything is read: what was begun is told, whether it was taken to the end or not. */
async function tell({ database, email, events }: AccountDeps, caller: AccountCaller, user: User): Promise<void> {
  const { sessionId, origin } = caller
  const { id: userId, email: to, locale } = user
  await database.transaction(async (tx) => {
    const actor = { kind: 'user', id: userId } as const
    await events.append(tx, { type: 'user.exported', userId, actor, sessionId, origin })
    await email.notify(tx, { message: 'account-exported', to, userId, locale, origin })
  })
}

const ROWS_AT_ONCE = 500

async function* sessionsOf({ sessions }: AccountDeps, userId: number): AsyncGenerator<KeptSession> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: KeptSession[] = await sessions.listKept(userId, { after, most: ROWS_AT_ONCE })
    yield* page
    after = page.length === ROWS_AT_ONCE ? page.at(-1)?.id : undefined
  }
}

async function* eventsOf({ events }: AccountDeps, userId: number): AsyncGenerator<ExportedEvent> {
  for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined; ) {
    const page = await events.listAbout(userId, { before, most: ROWS_AT_ONCE })
    for (const event of page) yield { ...toEntry(event, userId), personal: event.personal }
    before = page.length === ROWS_AT_ONCE ? page.at(-1)?.position : undefined
  }
}
