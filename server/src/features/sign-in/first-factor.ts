import type { Origin } from '../../platform/origin.ts'
import { Refusal, refused } from '../../platform/refusal.ts'
import type { Taken } from '../limits/limits.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import { emailKey } from '../users/users.ts'
import type { Counted, SignInDeps } from './deps.ts'

export type PasswordAttempt = Counted & { email: string; password: string; origin: Origin }

/** Counted first, so that nothing is hashed and nobody is looked up for whoever tried too often. */
export async function signInWithPassword(deps: SignInDeps, attempt: PasswordAttempt): Promise<TokenPair> {
  const { email, visitor, solution } = attempt
  const taken = await deps.limits.take({ purpose: 'sign-in', identifierKey: emailKey(email), visitor, solution })
  try {
    return await judge(deps, attempt, taken)
  } catch (error) {
    const isJudged = !(error instanceof Refusal) || error.code !== 'too-busy'
    if (!isJudged) await deps.limits.giveBack(taken)
    throw error
  }
}

/**
 * Signs in with e-mail address and password. Unknown user, wrong password and disabled user are one answer after one time:
 * the password is checked in each case, against a stand-in where there is none.
 */
async function judge(
  { database, clock, limits, users, passwords, sessions }: SignInDeps,
  { email, password, origin }: PasswordAttempt,
  taken: Taken,
): Promise<TokenPair> {
  const user = await users.findByEmail(email)
  const isRight = await passwords.check({ userId: user?.id, identifierKey: emailKey(email), password })
  if (!user || !isRight) throw refused('wrong-credentials')
  const proof = { amr: ['pwd'], authenticatedAt: clock.now() } as const
  const session = await database.transaction(async (tx) => {
    // Locks the row, so that no session is opened beside a disabling of the user.
    const isEnabled = await users.recordLogin(tx, user.id)
    if (!isEnabled) return undefined
    await limits.noteSuccess(tx, taken)
    return sessions.open(tx, user.id, { origin, proof })
  })
  if (!session) throw refused('wrong-credentials')
  return sessions.firstTokens(session)
}
