import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { MailProof } from '../email/email.ts'
import type { Shown } from '../sign-in/sign-in.ts'
import { emailKey } from '../users/users.ts'
import { type AccountCaller, type AccountDeps, type Counted, findCaller } from './deps.ts'
import { countProof, done, type ProofOutcome, type Settled, settle, spoiled } from './proof.ts'
import { acceptTypedPassword, asWrongPassword, checkTypedPassword, type TypedPassword } from './typed-password.ts'

/** Mails the caller another code to prove the address with. @throws Refusal 'mail-not-configured', and those of limits */
export async function requestProof(deps: AccountDeps, caller: AccountCaller, counted: Counted): Promise<void> {
  const { database, email, limits, signIn } = deps
  email.requireMail()
  const user = await findCaller(deps, caller.userId)
  await limits.take({ purpose: 'mail-to-self', identifierKey: emailKey(user.email), ...counted })
  await database.transaction((tx) => signIn.askForProof(tx, user, caller.origin))
}

export type AddressProof = Counted & {
  proof: MailProof
  /** The session that it is shown in, if there is one. */
  caller: { userId: number; sessionId: string | undefined } | undefined
  /** The password of the account, from whoever has no session at hand: it stays then. */
  password: string | undefined
  origin: Origin
}

/**
 * Proves that somebody reads the mails to an address. The first time, every credential and session that was not shown with the
 * proof ends: the password stays for whoever types it or is signed in with it.
 *
 * The password is hashed first, so that it always takes its time, and judged last: whoever has no code learns nothing of it
 * (CVE-2024-39896).
 *
 * @returns `wrong-password`: nothing was used up
 * @throws Refusal 'too-busy', and those of limits
 */
export async function proveAddress(
  deps: AccountDeps,
  request: AddressProof,
): Promise<ProofOutcome | { kind: 'wrong-password' }> {
  const { proof, password = '' } = request
  const taken = await countProof(deps, proof, request)
  const typed = password === '' ? undefined : await checkTyped(deps, request, password)
  return settle(deps, taken, (tx) => note(deps, tx, request, typed)).catch(asWrongPassword)
}

async function checkTyped(
  deps: AccountDeps,
  { proof, visitor, solution }: AddressProof,
  password: string,
): Promise<TypedPassword> {
  const sent = 'token' in proof ? await deps.email.peek({ purpose: 'verify-address', token: proof.token }) : undefined
  const address = 'token' in proof ? sent?.address : proof.email
  const user = address === undefined ? undefined : await deps.users.findByEmail(address)
  const hasLink = sent !== undefined
  return checkTypedPassword(deps, user, { identifier: address ?? '', hasLink, password, visitor, solution })
}

async function note(
  deps: AccountDeps,
  tx: Db,
  { proof, caller, origin }: AddressProof,
  typed: TypedPassword | undefined,
): Promise<Settled> {
  const { email, sessions, signIn } = deps
  const outcome = await email.checkProof(tx, 'verify-address', proof)
  const isCallers = outcome.kind === 'proved' && outcome.userId === caller?.userId
  const session = isCallers ? caller?.sessionId : undefined
  const verified = await email.verifyAddress(tx, outcome, { sessionId: session, origin })
  if (verified.kind !== 'verified') return spoiled(verified.kind)
  const { userId, isFirst } = verified
  if (typed) await acceptTypedPassword(deps, tx, typed, userId)
  if (!isFirst) return done()
  const amr = session === undefined ? [] : await sessions.methodsOf(tx, session)
  const shown: Shown = { sessionId: session, amr: typed ? [...amr, 'pwd'] : amr }
  return done(await signIn.endUnproven(tx, { userId, shown, origin }))
}
