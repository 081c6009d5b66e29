import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { MailProof } from '../email/email.ts'
import type { AboutUser, PreparedPassword } from '../passwords/passwords.ts'
import { emailKey } from '../users/users.ts'
import { type AccountDeps, type Counted, holdUser, isSameAddress } from './deps.ts'
import { countProof, done, type ProofOutcome, type Settled, settle, spoiled } from './proof.ts'

export type RecoveryRequest = Counted & { email: string; locale: string | null; origin: Origin }

/**
 * Mails a code and a link to set a new password with. For an address that nobody has, or whose user is disabled, everything but
 * the mail is done: answer and time are the same.
 *
 * @throws Refusal 'mail-not-configured', and those of limits
 */
export async function requestRecovery(deps: AccountDeps, request: RecoveryRequest): Promise<void> {
  const { email: address, locale, origin, visitor, solution } = request
  deps.email.requireMail()
  await deps.limits.take({ purpose: 'mail', identifierKey: emailKey(address), visitor, solution })
  const found = await deps.users.findByEmail(address)
  const user = found?.isEnabled ? found : undefined
  const state = await stateOf(deps, deps.database.db, user?.id ?? 0)
  await deps.database.transaction((tx) =>
    deps.email.sendCode(tx, {
      purpose: 'recover-password',
      userId: user?.id ?? null,
      address: user?.email ?? address, // as it is stored (CVE-2019-19844)
      locale: user?.locale ?? locale,
      state,
      origin,
      isDecoy: user === undefined,
    }),
  )
}

export type Recovery = Counted & { proof: MailProof; password: string; origin: Origin }

/**
 * Sets a new password for whoever reads the mails to the address. All sessions end; a second factor stays, and is asked for at the
 * next sign-in. The policy is asked first, so that a password that it refuses does not use the code up; of the names of a user
 * it says something only to who has the link, which nobody guesses. Where the proof was shown from is known from then on.
 *
 * @throws Refusal 'password-refused' { reasons }, 'too-busy', and those of limits
 */
export async function recoverPassword(deps: AccountDeps, recovery: Recovery): Promise<ProofOutcome> {
  const { proof, password, origin } = recovery
  const taken = await countProof(deps, proof, recovery)
  const reasons = await deps.passwords.reasonsAgainst(password, await aboutOf(deps, proof))
  if (reasons.length > 0) throw refused('password-refused', { reasons })
  const prepared = await deps.passwords.prepare(password)
  return settle(deps, taken, (tx) => replacePassword(deps, tx, { proof, prepared, origin, visitor: recovery.visitor }))
}

async function aboutOf({ email, users }: AccountDeps, proof: MailProof): Promise<AboutUser> {
  if ('email' in proof) return { email: proof.email, firstName: '', lastName: '' }
  const sent = await email.peek({ purpose: 'recover-password', token: proof.token })
  const user = sent && (await users.findByEmail(sent.address))
  return user ?? { email: sent?.address ?? '', firstName: '', lastName: '' }
}

async function replacePassword(
  deps: AccountDeps,
  tx: Db,
  { proof, prepared, origin, visitor }: Pick<Recovery, 'proof' | 'origin' | 'visitor'> & { prepared: PreparedPassword },
): Promise<Settled> {
  const { email, events, limits, passwords, sessions, signIn, users } = deps
  const outcome = await email.checkProof(tx, 'recover-password', proof)
  if (outcome.kind !== 'proved') return spoiled(outcome.kind)
  const user = outcome.userId === null ? undefined : await holdUser(deps, tx, outcome.userId)
  if (!user || !isSameAddress(user.email, outcome.address)) return spoiled('wrong')
  const { id: userId, locale } = user
  if ((await stateOf(deps, tx, userId)) !== outcome.state) return spoiled('used')
  await passwords.replace(tx, userId, prepared)
  const verified = await email.verifyAddress(tx, outcome, { origin })
  const isFirst = verified.kind === 'verified' && verified.isFirst
  const before = isFirst ? await signIn.endUnproven(tx, { userId, shown: { amr: ['pwd'] }, origin }) : []
  await users.noteSessionsEnded(tx, userId)
  const actor = { kind: 'user', id: userId } as const
  const ended = await sessions.endAllOf(tx, userId, 'password-recovered', { origin, actor })
  await limits.clear(tx, emailKey(user.email))
  // Or whoever goes on guessing would take each attempt before the owner signs in.
  await limits.noteKnown(tx, { identifierKey: emailKey(user.email), visitor })
  await events.append(tx, { type: 'password.changed', userId, actor, origin, reason: 'recovered' })
  await email.notify(tx, { message: 'password-changed', to: user.email, userId, locale, origin })
  return done([...before, ...ended])
}

/** A code is void once the password is another one than when it was sent. */
async function stateOf({ passwords }: AccountDeps, db: Db, userId: number): Promise<string> {
  return String(await passwords.changedAt(db, userId))
}
