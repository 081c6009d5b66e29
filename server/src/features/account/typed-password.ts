import type { Db } from '../../platform/db.ts'
import { Refusal, refused } from '../../platform/refusal.ts'
import type { Taken } from '../limits/limits.ts'
import { emailKey, type User } from '../users/users.ts'
import type { AccountDeps, Counted } from './deps.ts'

/** What came of a password that was typed beside what proves something else: nobody is told before all else is proved. */
export type TypedPassword = {
  userId: number | undefined
  isRight: boolean
  /** Of the limits that it was counted by. */
  taken: Taken
}

/**
 * Checks a password that was typed beside what proves something else, before that is looked at. It takes the same time where there
 * is no user, and writes nothing, also where it is right.
 *
 * @param identifier what to count by where there is no user
 * @param hasLink whether it was typed beside the link of a mail. Nobody guesses that: it is counted with what whoever is signed in
 *   tries, and neither the guesses of strangers nor a challenge, which its page has no script for, are in the way. Beside a code,
 *   which anybody may make up, it is a sign-in
 * @throws Refusal 'too-busy', and those of limits
 */
export function checkTypedPassword(
  { limits, passwords }: AccountDeps,
  user: User | undefined,
  {
    identifier,
    hasLink,
    password,
    visitor,
    solution,
  }: Counted & {
    identifier: string
    hasLink: boolean
    password: string
  },
): Promise<TypedPassword> {
  const identifierKey = emailKey(user?.email ?? identifier)
  const purpose = hasLink ? 'step-up' : 'sign-in'
  return limits.attempt({ purpose, identifierKey, visitor, solution }, async (taken) => {
    const isRight = await passwords.check({ userId: user?.id, identifierKey, password, keepsHash: true })
    return { userId: user?.id, isRight, taken }
  })
}

/**
 * Goes on where the password is this user's, in the transaction in which all else was proved. Only there it is noted as a right
 * sign-in: whoever knows the password alone would begin the count of their guesses at a second factor anew.
 *
 * @throws Refusal 'proof-refused', which takes back what the transaction used up
 */
export async function acceptTypedPassword(
  { limits }: AccountDeps,
  tx: Db,
  typed: TypedPassword | undefined,
  userId: number,
): Promise<void> {
  if (!typed?.isRight || typed.userId !== userId) throw refused('proof-refused')
  await limits.noteSuccess(tx, typed.taken)
}

/** For whoever the transaction was taken back: it was the password. */
export function asWrongPassword(error: unknown): { kind: 'wrong-password' } {
  if (error instanceof Refusal && error.code === 'proof-refused') return { kind: 'wrong-password' }
  throw error
}
