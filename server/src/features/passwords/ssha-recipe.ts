import { createHash } from 'node:crypto'
import type { Recipe } from './recipe.ts'

const DIGEST_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }

/** `ssha256`: a salted hash as LDAP servers keep it (RFC 2307 §5.3 and its successors), one round of it. Worth replacing soon. */
export function sshaRecipe(bits = ''): Recipe {
  const hashName = `sha${bits}`
  return {
    origin: 'foreign',
    digestBytes: DIGEST_BYTES[hashName] ?? 0,
    derive: async (password, salt) => createHash(hashName).update(password).update(salt).digest(),
  }
}
