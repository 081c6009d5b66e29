import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { endsLikePadding, NO_DIGEST, type Recipe } from './recipe.ts'

const MAX_ROUNDS = 10_000_000 // about 3 s
const MAX_DIGEST_BYTES = 128
const HASH_BYTES: Readonly<Record<string, number>> = { sha1: 20, sha256: 32, sha512: 64 }

const digestOf = promisify(pbkdf2)

/** `pbkdf2_sha256$600000`: Django's, whose digest is as long as that of its hash. */
export function djangoPbkdf2Recipe(hashName = '', iterations = ''): Recipe | undefined {
  return pbkdf2Recipe('django', hashName, Number(iterations), HASH_BYTES[hashName] ?? 0)
}

/** `pbkdf2-sha256$i=27500,l=64`: every 32 bytes of that digest cost all the iterations again (RFC 8018 §5.2). */
export function foreignPbkdf2Recipe(hashName = '', iterations = '', digestBytes = ''): Recipe | undefined {
  return pbkdf2Recipe('foreign', hashName, Number(iterations), Number(digestBytes))
}

function pbkdf2Recipe(
  origin: Recipe['origin'],
  hashName: string,
  iterations: number,
  digestBytes: number,
): Recipe | undefined {
  const blocks = Math.ceil(digestBytes / (HASH_BYTES[hashName] ?? Number.NaN))
  if (digestBytes > MAX_DIGEST_BYTES || !(iterations * blocks <= MAX_ROUNDS)) return undefined
  return {
    origin,
    digestBytes,
    // As many bytes as the bound above was checked for, however long a stored digest is.
    derive: async (password, salt) =>
      endsLikePadding(password) ? NO_DIGEST : digestOf(password, salt, iterations, digestBytes, hashName),
  }
}
