/** Which passwords are accepted, and why not, in the sentences of the old service's form. Pure. */
import { normalForm } from './own-hash.ts'

export type PasswordPolicy = 'nist' | 'legacy'

export type AboutUser = { email: string; firstName: string; lastName: string }

/** Longer passwords are neither accepted nor checked. Hashing hardly feels the length; normalising and comparing do. */
export const MAX_PASSWORD_BYTES = 4096

// NIST SP 800-63B-4 §3.1.1.2: at least 8 characters where the password is one of two factors. For a password alone it
// asks for 15, which an installed base cannot be moved to at once.
const MIN_LENGTH: Readonly<Record<PasswordPolicy, number>> = { nist: 8, legacy: 1 }

const ownNames = ['samurai', 'samuraiauth', 'samurai auth', 'samurai-auth', 'samurai_auth', 'samurai.auth']

const ownWords: readonly [string, (about: AboutUser) => string][] = [
  ['email address', ({ email }) => email],
  ['email address', ({ email }) => email.slice(0, email.lastIndexOf('@'))],
  ['first name', ({ firstName }) => firstName],
  ['last name', ({ lastName }) => lastName],
  ['full name', ({ firstName, lastName }) => `${firstName} ${lastName}`],
  ['full name', ({ firstName, lastName }) => `${firstName}${lastName}`],
]

/** How words are compared with passwords: as a whole, without regard to case. */
export function comparable(text: string): string {
  return normalForm(text).toLowerCase()
}

/**
 * Why the password is refused; empty when it is accepted. No composition rules (NIST SP 800-63B-4 §3.1.1.2).
 *
 * @param common passwords that everybody tries first, in their comparable form; not asked under 'legacy'
 */
export function reasonsAgainst(
  policy: PasswordPolicy,
  password: string,
  about: AboutUser,
  common: ReadonlySet<string>,
): readonly string[] {
  const lengthReasons = reasonsAgainstLength(password, MIN_LENGTH[policy])
  if (policy === 'legacy') return lengthReasons
  return [...lengthReasons, ...reasonsAgainstWord(comparable(password), about, common)]
}

function reasonsAgainstLength(password: string, atLeast: number): string[] {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return [`This password is too long. It must contain at most ${MAX_PASSWORD_BYTES} bytes.`]
  }
  if ([...normalForm(password)].length >= atLeast) return []
  return [`This password is too short. It must contain at least ${atLeast} character${atLeast === 1 ? '' : 's'}.`]
}

function reasonsAgainstWord(word: string, about: AboutUser, common: ReadonlySet<string>): Set<string> {
  const reasons = new Set<string>()
  if (common.has(word) || ownNames.includes(word)) reasons.add('This password is too common.')
  for (const [name, wordOf] of ownWords) {
    const ownWord = comparable(wordOf(about).trim())
    if (ownWord !== '' && ownWord === word) reasons.add(`The password is too similar to the ${name}.`)
  }
  return reasons
}
