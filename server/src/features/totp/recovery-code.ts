/** Recovery codes as texts: how one looks, how a typed one is read, what is kept of it. */
import { createHmac } from 'node:crypto'
import { randomSecret } from '../../platform/random.ts'
import { READABLE_ALPHABET, toBase32 } from './base32.ts'

/** How many a user is given at once. */
export const CODES_OF_A_SET = 10

// 80 bits: beyond the 64 from which NIST SP 800-63B-4 §3.1.2.2 asks for no limit of tries.
const CODE_BYTES = 10
const KEY_BYTES = 32
const GROUP = 4

const SHAPE = new RegExp(`^[${READABLE_ALPHABET}]{${(CODE_BYTES * 8) / 5}}$`)

/** A new code, such as `K7QF-2MZX-9RTD-HB4W`. */
export function makeRecoveryCode(): string {
  const text = toBase32(randomSecret(CODE_BYTES), READABLE_ALPHABET)
  return text.match(new RegExp(`.{${GROUP}}`, 'g'))?.join('-') ?? text
}

/** A typed code without case, hyphens and blanks; undefined when it cannot be one. */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed.replace(/[\s-]/g, '').toUpperCase()
  return SHAPE.test(code) ? code : undefined
}

/** The key that the codes of one set are hashed with. It is stored sealed. */
export function makeSetKey(): Buffer {
  return randomSecret(KEY_BYTES)
}

/**
 * What is kept of a code: HMAC-SHA-256 under the key of its set. A slow hash would buy nothing: whoever has the database
 * alone lacks the key, which is sealed under SECRET_KEY, and whoever has both faces 80 random bits for each set, since
 * no two sets share a key (NIST SP 800-63B-4 §3.1.2.2 asks for salt and hash; ASVS 6.5.2).
 */
export function hashRecoveryCode(setKey: Buffer, code: string): string {
  return createHmac('sha256', setKey).update(code).digest('hex')
}
