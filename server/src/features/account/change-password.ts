import type { Db } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import { emailKey, type User } from '../users/users.ts'
import { type AccountCaller, type AccountDeps, type Counted, findCaller, holdCaller } from './deps.ts'

export type PasswordChangeRequest = Counted & {
  /** Undefined: the caller has proven freshly who they are, and the door has asked for that. */
  oldPassword: string | undefined
  newPassword: string
}

/**
 * Gives the caller another password; the other sessions end. The old password is counted with the step-ups of the account: whoever
 * found an open session may guess no more often than that, and no stranger's guesses keep the owner waiting.
 *
 * @throws Refusal 'proof-refused' for a wrong old password, 'password-refused' { reasons }, 'conflict', 'too-busy',
 *   'token-refused', and those of limits
 */
export async function changePassword(
  deps: AccountDeps,
  caller: AccountCaller,
  request: PasswordChangeRequest,
): Promise<void> {
  const user = await findCaller(deps, caller.userId)
  const write = await prepare(deps, user, request)
  const ended = await deps.database.transaction(async (tx) => {
    await holdCaller(deps, tx, caller)
    await write(tx)
    return finish(deps, tx, user, caller)
  })
  await deps.sessions.announce(ended)
}

type Write = (tx: Db) => Promise<void>

/** All that takes time, before any transaction. */
async function prepare(deps: AccountDeps, user: User, request: PasswordChangeRequest): Promise<Write> {
  const { passwords } = deps
  const { oldPassword, newPassword } = request
  if (oldPassword !== undefined) return prepareProven(deps, user, { ...request, oldPassword })
  const reasons = await passwords.reasonsAgainst(newPassword, user)
  if (reasons.length > 0) throw refused('password-refused', { reasons })
  const prepared = await passwords.prepare(newPassword)
  return (tx) => passwords.replace(tx, user.id, prepared)
}

function prepareProven(
  { limits, passwords, signIn }: AccountDeps,
  user: User,
  { oldPassword, newPassword, visitor, solution }: PasswordChangeRequest & { oldPassword: string },
): Promise<Write> {
  const attempt = { purpose: 'step-up', identifierKey: emailKey(user.email), visitor, solution } as const
  return limits.attempt(attempt, async (taken) => {
    const plan = await passwords.prepareChange({ userId: user.id, oldPassword, newPassword, about: user })
    if (plan.kind === 'wrong-password') throw refused('proof-refused')
    if (plan.kind === 'refused') throw refused('password-refused', { reasons: plan.reasons })
    // Beside a second factor it is half of a proof, as at a sign-in: it gives no new tries at the other half.
    const isWhole = (await signIn.factors.acrToChange(user.id)) === 'aal1'
    return async (tx) => {
      if (isWhole) await limits.noteSuccess(tx, taken)
      if (!(await passwords.change(tx, plan.change))) throw refused('conflict')
    }
  })
}

async function finish(deps: AccountDeps, tx: Db, user: User, { sessionId, origin }: AccountCaller) {
  const { email, events, sessions, users } = deps
  const { id: userId, email: to, locale } = user
  const actor = { kind: 'user', id: userId } as const
  await users.noteSessionsEnded(tx, userId) // tokens of the old service, and sign-ins that are half done
  const ended = await sessions.endAllOf(tx, userId, 'password-changed', { sessionId, origin, actor })
  await events.append(tx, { type: 'password.changed', userId, actor, sessionId, origin })
  await email.notify(tx, { message: 'password-changed', to, userId, locale, origin })
  return ended
}
