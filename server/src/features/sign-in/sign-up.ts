import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { Refusal, refused } from '../../platform/refusal.ts'
import type { PreparedPassword } from '../passwords/passwords.ts'
import { emailKey, type NewUser, type User } from '../users/users.ts'
import type { Counted, SignInDeps } from './deps.ts'

export type SignUp = Omit<NewUser, 'locale' | 'awaitsProof'> & {
  password: string
  origin: Origin
  /** Languages that whoever registers would like, as browsers name them; null: nothing was said. */
  locale: string | null
}

/** What somebody who registered is told: what they gave, whether it made a user or not. */
export type SignedUp = Pick<User, 'email' | 'firstName' | 'lastName'>

/**
 * Registers a user with a first password. One address is one user, however many register it at once. Where there is mail, a code
 * to prove the address with is sent.
 *
 * In private nobody learns whether an address is taken: the answer is the same after the same work, and the rest is in the mail.
 * A user who registered in private signs in once the address is proved.
 *
 * @throws Refusal 'registration-closed', 'identifier-taken', 'password-refused' { reasons }, 'too-busy', and those of limits
 */
export async function signUp(deps: SignInDeps, request: SignUp, counted: Counted): Promise<SignedUp> {
  const { users, passwords, config } = deps
  const { password, origin, locale, ...given } = request
  const user = { ...given, locale: locale === null ? null : deps.email.languageFor(locale) }
  const isPrivate = config.registration === 'private'
  if (config.registration === 'closed') throw refused('registration-closed')
  passwords.expectRoom()
  await count(deps, user.email, counted)
  const reasons = await passwords.reasonsAgainst(password, user)
  const isTaken = !isPrivate && (await users.findByEmail(user.email)) !== undefined
  if (isTaken) throw refused('identifier-taken', reasons.length > 0 ? { reasons } : {})
  if (reasons.length > 0) throw refused('password-refused', { reasons })
  if (isPrivate) await countMails(deps, user.email, counted)
  const prepared = await passwords.prepare(password)
  const settled = { user, prepared, origin }
  if (isPrivate) await registerInPrivate(deps, settled)
  else await deps.database.transaction((tx) => create(deps, tx, settled))
  return user
}

const MEETINGS = 5

/**
 * Of several who register a new address at the same moment one makes the user. The others were told so by the unique key, which is
 * for nobody else to know: they begin anew, and find the user.
 */
async function registerInPrivate(deps: SignInDeps, settled: Settled): Promise<void> {
  for (let meeting = 1; ; meeting++) {
    try {
      return await deps.database.transaction((tx) => settleInPrivate(deps, tx, settled))
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'identifier-taken') throw error
      if (meeting === MEETINGS) throw refused('database-unavailable', { retryAfterSeconds: 1 }, error)
    }
  }
}

type Settled = { user: NewUser; prepared: PreparedPassword; origin: Origin }

async function create(deps: SignInDeps, tx: Db, { user, prepared, origin }: Settled): Promise<void> {
  const { users, passwords, events, config } = deps
  const awaitsProof = config.registration === 'private'
  const { id } = await users.create(tx, { ...user, awaitsProof }) // the unique key decides, not the look before
  await passwords.set(tx, id, prepared)
  await events.append(tx, { type: 'user.registered', userId: id, actor: { kind: 'user', id }, origin })
  await askForProof(deps, tx, { id, ...user }, origin)
}

/**
 * Three cases that nobody may tell apart: each writes a user, a password, an event, a code and two mails, of which those that are
 * for nobody are never sent. Without a code for a taken address, tries of it would tell that it is taken, too.
 */
async function settleInPrivate(deps: SignInDeps, tx: Db, settled: Settled): Promise<void> {
  const { users, email } = deps
  const { user, origin } = settled
  const [taken] = await users.listHeld(tx, [], [user.email])
  if (taken && !taken.awaitsProof) return refuseInPrivate(deps, tx, taken, settled)
  if (taken) await registerAgain(deps, tx, taken, settled)
  else await create(deps, tx, settled)
  await email.notify(tx, {
    message: 'address-taken',
    to: user.email,
    userId: null,
    locale: null,
    origin,
    isDecoy: true,
  })
}

async function refuseInPrivate(deps: SignInDeps, tx: Db, taken: User, { user, origin }: Settled): Promise<void> {
  const { users, passwords, events, email } = deps
  const { id: userId, email: to, firstName, lastName, locale } = taken
  // A new user takes the next id, which whoever registers before and after would see from theirs.
  await users.skipId(tx)
  // And costs three rows (user, password, and the key of what is personal in events), of which one is read again.
  await users.change(tx, userId, { firstName, lastName }) // stays as it is
  await passwords.changedAt(tx, userId)
  await events.append(tx, { type: 'sign-up.refused', userId, actor: { kind: 'anonymous' }, origin, result: 'failure' })
  const code = { purpose: 'verify-address', userId: null, address: user.email, locale, state: '', origin } as const
  await email.sendCode(tx, { ...code, isDecoy: true })
  await email.notify(tx, { message: 'address-taken', to, userId, locale, origin })
}

/** Whoever registers an address last, before anybody proved it, is the one whose password counts if it is proved now. */
async function registerAgain(
  deps: SignInDeps,
  tx: Db,
  taken: User,
  { user, prepared, origin }: Settled,
): Promise<void> {
  const { users, passwords, events } = deps
  const userId = taken.id
  await users.skipId(tx)
  await users.change(tx, userId, { firstName: user.firstName, lastName: user.lastName })
  await passwords.replace(tx, userId, prepared)
  await events.append(tx, {
    type: 'user.changed',
    userId,
    actor: { kind: 'anonymous' },
    origin,
    reason: 'registered-again',
  })
  await askForProof(deps, tx, taken, origin)
}

/** Sends the code that proves the address. What it was sent before is void. */
export async function askForProof(
  { email }: Pick<SignInDeps, 'email'>,
  tx: Db,
  { id: userId, email: address, locale = null }: NewUser & { id: number },
  origin: Origin,
): Promise<void> {
  if (email.mode === 'off') return
  await email.sendCode(tx, { purpose: 'verify-address', userId, address, locale, state: '', origin })
}

/** Whether an address is taken, as far as anybody may know. Counted as a registration: it tells as much. */
export async function isTaken(deps: SignInDeps, { email, ...counted }: Counted & { email: string }): Promise<boolean> {
  if (deps.config.registration === 'closed') throw refused('registration-closed')
  await count(deps, email, counted)
  const found = await deps.users.findByEmail(email)
  return found !== undefined && deps.config.registration === 'open'
}

async function count({ limits }: SignInDeps, email: string, { visitor, solution }: Counted): Promise<void> {
  await limits.take({ purpose: 'sign-up', identifierKey: emailKey(email), visitor, solution })
}

/** In private an address is sent mails whenever it is registered, taken or not. */
async function countMails({ limits }: SignInDeps, email: string, { visitor }: Counted): Promise<void> {
  await limits.take({ purpose: 'mail-along', identifierKey: emailKey(email), visitor })
}
