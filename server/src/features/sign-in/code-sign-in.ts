import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import { attemptOf, type MailProof } from '../email/email.ts'
import type { Taken } from '../limits/limits.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { emailKey, type User } from '../users/users.ts'
import { completeSignIn, type SignInOutcome } from './complete-sign-in.ts'
import type { Counted, SignInDeps } from './deps.ts'
import { endUnproven } from './first-proof.ts'
import { noteFailure } from './note-failure.ts'

export type CodeStart = Counted & { email: string; locale: string | null; origin: Origin }
export type CodeSignIn = Counted & { proof: MailProof; origin: Origin }

/**
 * Mails a code and a link to sign in with; where nobody has the address, everything but the mail is done.
 *
 * @throws Refusal 'not-found' where this is off, 'mail-not-configured', and those of limits
 */
export async function startCodeSignIn(deps: SignInDeps, request: CodeStart): Promise<void> {
  requirePasswordless(deps)
  const { email: address, locale, origin, visitor, solution } = request
  deps.email.requireMail()
  await deps.limits.take({ purpose: 'mail', identifierKey: emailKey(address), visitor, solution })
  const user = await deps.users.findByEmail(address)
  const known = user?.isEnabled ? user : undefined
  await deps.database.transaction((tx) =>
    deps.email.sendCode(tx, {
      purpose: 'sign-in',
      userId: known?.id ?? null,
      address: known?.email ?? address,
      locale: known?.locale ?? locale,
      state: stateOf(known),
      origin,
      isDecoy: known === undefined,
    }),
  )
}

/**
 * Signs in whoever reads the mails to an address. It is one factor, and a weak one: whoever has set up a second one is asked for
 * it (CVE-2024-45042).
 *
 * @throws Refusal 'not-found' where this is off, 'mail-code-refused' { reason }, and those of limits
 */
export async function finishCodeSignIn(
  deps: SignInDeps,
  { proof, origin, ...counted }: CodeSignIn,
): Promise<SignInOutcome> {
  requirePasswordless(deps)
  const taken = await deps.limits.take({ ...attemptOf(proof), ...counted })
  const proved = await useProof(deps, proof, origin)
  await deps.sessions.announce(proved.ended)
  const outcome = proved.kind === 'proved' ? await complete(deps, proved, { origin, taken, ...counted }) : undefined
  // The code was right; the second factor is counted by itself.
  if (outcome?.kind === 'second-factor') await deps.database.transaction((tx) => deps.limits.noteRight(tx, taken))
  if (outcome) return outcome
  await noteFailure(deps, { userId: proved.kind === 'proved' ? proved.userId : null, origin, reason: 'mail-code' })
  throw refused('mail-code-refused', { reason: proved.kind === 'proved' ? 'wrong' : proved.kind })
}

function complete(
  deps: SignInDeps,
  { userId, identifierKey }: { userId: number; identifierKey: string },
  { origin, taken, visitor }: Counted & { origin: Origin; taken: Taken },
): Promise<SignInOutcome | undefined> {
  // A link is counted by no account, and yet its success makes known where it was opened.
  const known = deps.limits.signingIn(taken, { identifierKey, visitor })
  return completeSignIn(deps, { userId, amr: ['email'], origin, taken: known })
}

type Proved = { ended: EndedSession[] } & (
  | { kind: 'proved'; userId: number; identifierKey: string }
  | { kind: 'wrong' | 'expired' | 'used' | 'too-many-tries' }
)

async function useProof(deps: SignInDeps, proof: MailProof, origin: Origin): Promise<Proved> {
  const { database, email, users } = deps
  return database.transaction(async (tx): Promise<Proved> => {
    const outcome = await email.checkProof(tx, 'sign-in', proof)
    if (outcome.kind !== 'proved') return { kind: outcome.kind, ended: [] }
    const [user] = outcome.userId === null ? [] : await users.listHeld(tx, [outcome.userId])
    if (!user || stateOf(user) !== outcome.state) return { kind: 'used', ended: [] }
    const verified = await email.verifyAddress(tx, outcome, { origin })
    if (verified.kind !== 'verified') return { kind: verified.kind, ended: [] }
    const { userId, isFirst } = verified
    const ended = isFirst ? await endUnproven(deps, tx, { userId, shown: { amr: ['email'] }, origin }) : []
    return { kind: 'proved', userId, identifierKey: emailKey(user.email), ended }
  })
}

/** A code that was sent before all sessions were ended is void: somebody else may have asked for it. */
const stateOf = (user: User | undefined) => String(user?.sessionsEndedAt ?? null)

function requirePasswordless({ config }: SignInDeps): void {
  if (!config.isPasswordless) throw refused('not-found')
}
