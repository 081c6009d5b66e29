/** Which passwords are accepted, and why not, in the sentences of the old service's form. Pure. */
import { normalForm } from './own-hash.ts'

export type PasswordPolicy = 'nist' | 'nist-single-factor' | 'legacy'

export type AboutUser = { email: string; firstName: string; lastName: string }

/** Longer passwords are neither accepted nor checked. Hashing hardly feels the length; normalising and comparing do. */
export const MAX_PASSWORD_BYTES = 4096

type Profile = {
  /** Characters: code points of the composed form. */
  atLeast: number
  /** Whether common, expected and breached passwords are refused. */
  hasBlocklist: boolean
}

// NIST SP 800-63B-4 §3.1.1.2: at least 8 characters where the password is one of two factors, 15 where it is the only one,
// which an installed base cannot be moved to at once. No composition rules in any of them.
const profiles: Readonly<Record<PasswordPolicy, Profile>> = {
  nist: { atLeast: 8, hasBlocklist: true },
  'nist-single-factor': { atLeast: 15, hasBlocklist: true },
  legacy: { atLeast: 1, hasBlocklist: false },
}

const ownWords: readonly [string, (about: AboutUser) => string][] = [
  ['email address', ({ email }) => email],
  ['email address', ({ email }) => email.slice(0, email.lastIndexOf('@'))],
  ['first name', ({ firstName }) => firstName],
  ['last name', ({ lastName }) => lastName],
  ['full name', ({ firstName, lastName }) => `${firstName} ${lastName}`],
  ['full name', ({ firstName, lastName }) => `${firstName}${lastName}`],
]

export function hasBlocklist(policy: PasswordPolicy): boolean {
  return profiles[policy].hasBlocklist
}

/** Whether it could be anybody's password at all. What is not is never hashed (CVE-2013-5958: hashing megabytes). */
export function isPossible(password: string): boolean {
  return password !== '' && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES && password.isWellFormed()
}

/** How words are compared with passwords: as a whole, without regard to case. */
export function comparable(text: string): string {
  return normalForm(text).toLowerCase()
}

/**
 * Why the password is refused; empty when it is accepted.
 *
 * @param isListed whether a word, in its comparable form, is on the blocklist; not asked under 'legacy'
 */
export function reasonsAgainst(
  policy: PasswordPolicy,
  password: string,
  about: AboutUser,
  isListed: (word: string) => boolean,
): readonly string[] {
  const { atLeast, hasBlocklist } = profiles[policy]
  const formReasons = reasonsAgainstForm(password, atLeast)
  if (!hasBlocklist) return formReasons
  return [...formReasons, ...reasonsAgainstWord(comparable(password), about, isListed)]
}

function reasonsAgainstForm(password: string, atLeast: number): string[] {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return [`This password is too long. It must contain at most ${MAX_PASSWORD_BYTES} bytes.`]
  }
  // Half a surrogate pair is no character: all of them would have one hash.
  if (!password.isWellFormed()) return ['This password contains a character that does not exist.']
  if ([...normalForm(password)].length >= atLeast) return []
  return [`This password is too short. It must contain at least ${atLeast} character${atLeast === 1 ? '' : 's'}.`]
}

// The entire password is compared, never a part of it (NIST SP 800-63B-4 §3.1.1.2).
function reasonsAgainstWord(word: string, about: AboutUser, isListed: (word: string) => boolean): Set<string> {
  const reasons = new Set<string>()
  if (isListed(word)) reasons.add('This password is too common.')
  for (const [name, wordOf] of ownWords) {
    const ownWord = comparable(wordOf(about).trim())
    if (ownWord !== '' && ownWord === word) reasons.add(`The password is too similar to the ${name}.`)
  }
  return reasons
}
