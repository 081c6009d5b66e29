import { createHash } from 'node:crypto'
import { NO_DIGEST, type Recipe } from './recipe.ts'

const MAX_COST = 15
const KEY_BYTES = 72

// Salt and digest are kept in bcrypt's own base64. Its digits are those of RFC 4648 §4 in another order.
const BCRYPT_DIGITS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const DIGEST_DIGITS = 31

/** `bcrypt$12` and `bcrypt_sha256$12`: Django's, the second one over the SHA-256 of the password. */
export function djangoBcryptRecipe(prehash: string | undefined, cost = ''): Recipe | undefined {
  return bcryptRecipe('django', cost, prehash ? sha256Hex : (password) => password)
}

/** `2b$12`: as bcrypt itself writes it. */
export function foreignBcryptRecipe(cost = ''): Recipe | undefined {
  return bcryptRecipe('foreign', cost, (password) => password)
}

function bcryptRecipe(origin: Recipe['origin'], cost: string, keyOf: (password: Buffer) => Buffer): Recipe | undefined {
  const rounds = Number(cost)
  if (rounds < 4 || rounds > MAX_COST) return undefined
  return {
    origin,
    digestBytes: DIGEST_DIGITS,
    derive: (password, salt) => bcryptDigest(keyOf(password), rounds, salt),
  }
}

/**
 * bcrypt looks at 72 bytes and no further, so that whatever follows them would be right. The whole password is verified or none
 * (NIST SP 800-63B-4 §3.1.1.2): a longer one is not the right one here. It also ends a key with NUL and repeats it: `a` and
 * `a NUL a` have one digest.
 */
async function bcryptDigest(key: Buffer, rounds: number, salt: Buffer): Promise<Buffer> {
  if (key.length > KEY_BYTES || key.includes(0)) return NO_DIGEST
  const { hash } = await import('@node-rs/bcrypt') // a native module that most installations never need
  const text = await hash(key, rounds, saltBytes(salt.toString('latin1')))
  return Buffer.from(text.slice(-DIGEST_DIGITS), 'latin1')
}

function saltBytes(digits: string): Buffer {
  const base64 = digits.replace(/./g, (digit) => BASE64_DIGITS.charAt(BCRYPT_DIGITS.indexOf(digit)))
  return Buffer.from(base64, 'base64')
}

function sha256Hex(password: Buffer): Buffer {
  return Buffer.from(createHash('sha256').update(password).digest('hex'))
}
