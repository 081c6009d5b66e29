/** Whether a typed password is the one behind a hash, and what a hash of an older scheme is replaced by. */
import { makeHash, normalForm, type PreparedPassword } from './own-hash.ts'
import type { Scheme } from './scheme.ts'
import { isMatch, type PasswordHash } from './stored-hash.ts'

export type HashCheck = { kind: 'wrong' } | { kind: 'right'; successor: PreparedPassword | undefined }

// What Python's str.strip() takes for white space; String.prototype.trim() knows other characters.
const BLANKS =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'

/** Tries the forms in which the password may have been hashed; a right one with another scheme than `wanted` is hashed anew. */
export async function checkHash(hash: PasswordHash, typed: string, wanted: Scheme): Promise<HashCheck> {
  const matched = await findMatch(hash, candidatesFor(hash.scheme, typed))
  if (matched === undefined) return { kind: 'wrong' }
  const isOutdated = hash.scheme.name !== wanted.name
  const successor = isOutdated && isProved(matched, typed) ? await makeHash(wanted, typed) : undefined
  return { kind: 'right', successor }
}

/**
 * The forms to try. Ours are hashes of the normal form. Others hashed what they were given, however composed; the old service
 * gave Django passwords without surrounding white space.
 */
export function candidatesFor({ origin }: Scheme, typed: string): string[] {
  return [...new Set(formsOf(origin, typed))].filter((candidate) => candidate !== '') // nobody's password is nothing
}

function formsOf(origin: Scheme['origin'], typed: string): string[] {
  if (origin === 'own') return [normalForm(typed)]
  if (origin === 'foreign') return [typed, normalForm(typed)]
  const stripped = strip(typed)
  return [typed, stripped, normalForm(typed), normalForm(stripped)]
}

async function findMatch(hash: PasswordHash, candidates: string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    if (await isMatch(hash, candidate)) return candidate
  }
  return undefined
}

// Only a password that matched as it was typed becomes the new one. With a stray blank (a phone's keyboard adds it), the next
// login without it would fail.
function isProved(matched: string, typed: string): boolean {
  return normalForm(matched) === normalForm(typed)
}

function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && BLANKS.includes(text.charAt(start))) start++
  while (end > start && BLANKS.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
