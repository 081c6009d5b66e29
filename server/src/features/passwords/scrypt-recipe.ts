import { createCipheriv, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { endsLikePadding, NO_DIGEST, type Recipe } from './recipe.ts'

const MAX_BLOCKS = 2 ** 22 // N · r · p, and at 128 bytes a block also the limit of the memory: 512 MiB

const AES_KEY_BYTES = 32
const ZERO_IV = Buffer.alloc(16)

const digestOf = promisify(
  (password: Buffer, salt: Buffer, bytes: number, cost: object, done: (error: Error | null, digest: Buffer) => void) =>
    scrypt(password, salt, bytes, cost, done),
)

type Derive = Recipe['derive']

/** `scrypt$16384$8$1`: Django's. */
export function djangoScryptRecipe(cost = '', blockSize = '', lanes = ''): Recipe | undefined {
  const derive = scryptOf(Number(cost), Number(blockSize), Number(lanes))
  return derive && { origin: 'django', digestBytes: 64, derive }
}

/** `scrypt$ln=14,r=8,p=1`: a PHC string, which has the logarithm of N. */
export function foreignScryptRecipe(logCost = '', blockSize = '', lanes = ''): Recipe | undefined {
  const derive = scryptOf(2 ** Number(logCost), Number(blockSize), Number(lanes))
  return derive && { origin: 'foreign', digestBytes: 32, derive }
}

/**
 * `firebase-scrypt$ln=14,r=8,p=1`. Firebase encrypts its signer key (AES-256, counter mode) under the scrypt digest, and calls the
 * result the hash. What we keep is the key stream, hash ⊕ signer key: so the signer key is in no row.
 */
export function firebaseScryptRecipe(logCost = '', blockSize = '', lanes = ''): Recipe | undefined {
  const deriveKey = scryptOf(2 ** Number(logCost), Number(blockSize), Number(lanes))
  if (!deriveKey) return undefined
  return {
    origin: 'foreign',
    digestBytes: 64,
    derive: async (password, salt, bytes) => {
      const key = await deriveKey(password, salt, AES_KEY_BYTES)
      if (key === NO_DIGEST) return NO_DIGEST
      return createCipheriv('aes-256-ctr', key, ZERO_IV).update(Buffer.alloc(bytes))
    },
  }
}

function scryptOf(N: number, r: number, p: number): Derive | undefined {
  if (N < 2 || !Number.isInteger(Math.log2(N)) || N >= 2 ** (16 * r)) return undefined // RFC 7914 §6
  if (N * r * p > MAX_BLOCKS) return undefined
  const maxmem = 2 * 128 * r * (N + p)
  return async (password, salt, bytes) =>
    endsLikePadding(password) ? NO_DIGEST : digestOf(password, salt, bytes, { N, r, p, maxmem })
}
