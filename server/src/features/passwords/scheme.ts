/** Password hashing schemes: everything about a hash but its salt and digest. What Django 3.2 to 5 writes, and our Argon2id. */
import { argon2, createHash, pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

type Recipe = {
  /** Whether we write hashes of this kind, or Django did. */
  origin: 'own' | 'django'
  /** How long a digest is where we make one up. */
  digestBytes: number
  /** How many bytes of a password the digest depends on. */
  significantBytes: number
  derive(password: Buffer, salt: Buffer, digestBytes: number): Promise<Buffer>
}

export type Scheme = Recipe & {
  /** Algorithm and parameters: `argon2id$v=19$m=19456,t=2,p=1`, `pbkdf2_sha256$600000`. */
  name: string
}

export type Argon2Parameters = { memoryKib: number; passes: number; parallelism: number }

// What an imported hash may cost: about 3 s and 512 MiB, ten times Django's defaults. One row of a database that we do
// not control must not stop everybody's logins.
const MAX_PBKDF2_ITERATIONS = 10_000_000
const MAX_ARGON2_KIB = 512 * 1024
const MAX_ARGON2_KIB_PASSES = 2 * 1024 * 1024
const MAX_BCRYPT_COST = 15
const MAX_SCRYPT_BLOCKS = 2 ** 22 // N · r · p, and at 128 bytes a block also the limit of the memory

const EVERY_BYTE = Number.POSITIVE_INFINITY
const BCRYPT_BYTES = 72
const NO_DIGEST = Buffer.alloc(0)

// Salt and digest are kept in bcrypt's own base64. Its digits are those of RFC 4648 §4 in another order.
const BCRYPT_DIGITS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BCRYPT_DIGEST_DIGITS = 31

const argon2Digest = promisify(argon2)
const pbkdf2Digest = promisify(pbkdf2)
const scryptDigest = promisify(
  (password: Buffer, salt: Buffer, bytes: number, cost: object, done: (error: Error | null, digest: Buffer) => void) =>
    scrypt(password, salt, bytes, cost, done),
)

/** One row per family of names; its groups are what the recipe is made from. */
const families: readonly [RegExp, (...parameters: string[]) => Recipe | undefined][] = [
  [/^(argon2id|argon2\$argon2id?)\$v=19\$m=([1-9]\d*),t=([1-9]\d*),p=([1-9]\d*)$/, argon2Recipe],
  [/^pbkdf2_(sha256|sha1)\$([1-9]\d*)$/, pbkdf2Recipe],
  [/^bcrypt(_sha256)?\$(\d\d)$/, bcryptRecipe],
  [/^scrypt\$([1-9]\d*)\$([1-9]\d*)\$([1-9]\d*)$/, scryptRecipe],
]

/** The scheme of that name; undefined when we do not know it or it costs too much. */
export function findScheme(name: string): Scheme | undefined {
  for (const [pattern, recipeOf] of families) {
    const [, ...parameters] = pattern.exec(name) ?? []
    const recipe = parameters.length > 0 ? recipeOf(...parameters) : undefined
    if (recipe) return { name, ...recipe }
  }
  return undefined
}

/** What we hash new passwords with. @throws TypeError when the parameters are out of bounds (RFC 9106 §3.1, and ours) */
export function ownScheme({ memoryKib, passes, parallelism }: Argon2Parameters): Scheme {
  const scheme = findScheme(`argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}`)
  if (!scheme) {
    throw new TypeError(
      `Argon2 parameters must be whole numbers with memory of 8 KiB per lane to ${MAX_ARGON2_KIB} KiB and memory × passes up to ${MAX_ARGON2_KIB_PASSES} KiB`,
    )
  }
  return scheme
}

function argon2Recipe(kind = '', memoryKib = '', passes = '', lanes = ''): Recipe | undefined {
  const [memory, iterations, parallelism] = [Number(memoryKib), Number(passes), Number(lanes)]
  if (memory < 8 * parallelism || memory > MAX_ARGON2_KIB || memory * iterations > MAX_ARGON2_KIB_PASSES)
    return undefined
  const variant = kind.endsWith('argon2i') ? 'argon2i' : 'argon2id'
  return {
    origin: kind === 'argon2id' ? 'own' : 'django',
    digestBytes: 32,
    significantBytes: EVERY_BYTE,
    derive: (message, nonce, tagLength) =>
      argon2Digest(variant, { message, nonce, tagLength, memory, passes: iterations, parallelism }),
  }
}

function pbkdf2Recipe(hashName = '', count = ''): Recipe | undefined {
  const iterations = Number(count)
  if (iterations > MAX_PBKDF2_ITERATIONS) return undefined
  return {
    origin: 'django',
    digestBytes: hashName === 'sha1' ? 20 : 32,
    significantBytes: EVERY_BYTE,
    derive: async (password, salt, bytes) =>
      endsLikePadding(password) ? NO_DIGEST : pbkdf2Digest(password, salt, iterations, bytes, hashName),
  }
}

function scryptRecipe(cost = '', blockSize = '', lanes = ''): Recipe | undefined {
  const [N, r, p] = [Number(cost), Number(blockSize), Number(lanes)]
  if (N < 2 || !Number.isInteger(Math.log2(N)) || N >= 2 ** (16 * r)) return undefined // RFC 7914 §6
  if (N * r * p > MAX_SCRYPT_BLOCKS) return undefined
  const maxmem = 2 * 128 * r * (N + p)
  return {
    origin: 'django',
    digestBytes: 64,
    significantBytes: EVERY_BYTE,
    derive: async (password, salt, bytes) =>
      endsLikePadding(password) ? NO_DIGEST : scryptDigest(password, salt, bytes, { N, r, p, maxmem }),
  }
}

// HMAC, which PBKDF2 and scrypt stand on, fills a short key up with NUL (RFC 2104 §2): `a` and `a NUL` have one digest.
function endsLikePadding(password: Buffer): boolean {
  return password.at(-1) === 0
}

function bcryptRecipe(prehash: string | undefined, cost = ''): Recipe | undefined {
  const rounds = Number(cost)
  if (rounds < 4 || rounds > MAX_BCRYPT_COST) return undefined
  return {
    origin: 'django',
    digestBytes: BCRYPT_DIGEST_DIGITS,
    significantBytes: prehash ? EVERY_BYTE : BCRYPT_BYTES,
    derive: (password, salt) => bcryptDigest(prehash ? sha256Hex(password) : password, rounds, salt),
  }
}

async function bcryptDigest(password: Buffer, rounds: number, salt: Buffer): Promise<Buffer> {
  // bcrypt ends a key with NUL and repeats it: `a` and `a NUL a` have one digest. Django refuses NUL here too.
  if (password.includes(0)) return NO_DIGEST
  const { hash } = await import('@node-rs/bcrypt') // a native module that most installations never need
  const text = await hash(password, rounds, saltBytes(salt.toString('latin1')))
  return Buffer.from(text.slice(-BCRYPT_DIGEST_DIGITS), 'latin1')
}

function saltBytes(digits: string): Buffer {
  const base64 = digits.replace(/./g, (digit) => BASE64_DIGITS.charAt(BCRYPT_DIGITS.indexOf(digit)))
  return Buffer.from(base64, 'base64')
}

function sha256Hex(password: Buffer): Buffer {
  return Buffer.from(createHash('sha256').update(password).digest('hex'))
}
