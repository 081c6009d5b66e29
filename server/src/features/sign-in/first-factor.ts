import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import { emailKey } from '../users/users.ts'
import type { SignInDeps } from './deps.ts'

/**
 * Signs in with e-mail address and password. Unknown user, wrong password and disabled user are one answer after one time:
 * the password is checked in each case, against a stand-in where there is none.
 */
export async function signInWithPassword(
  { database, clock, users, passwords, sessions }: SignInDeps,
  { email, password, origin }: { email: string; password: string; origin: Origin },
): Promise<TokenPair> {
  const user = await users.findByEmail(email)
  const isRight = await passwords.check({ userId: user?.id, identifierKey: emailKey(email), password })
  if (!user || !isRight) throw refused('wrong-credentials')
  const proof = { amr: ['pwd'], authenticatedAt: clock.now() } as const
  const session = await database.transaction(async (tx) => {
    // Locks the row, so that no session is opened beside a disabling of the user.
    const isEnabled = await users.recordLogin(tx, user.id)
    return isEnabled ? sessions.open(tx, user.id, { origin, proof }) : undefined
  })
  if (!session) throw refused('wrong-credentials')
  return sessions.firstTokens(session)
}
