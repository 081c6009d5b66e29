/** Our own hashes: Argon2id in the PHC string format, of the password's NFC form. */
import { randomSecret } from '../../platform/random.ts'
import type { Scheme } from './scheme.ts'

export type PreparedPassword = {
  hash: string
  /** Name of the scheme: what stand-ins are chosen by. */
  scheme: string
}

const SALT_BYTES = 16 // RFC 9106 §3.1
const DIGEST_BYTES = 32 // RFC 9106 §4

/** What every own hash begins with, and no other one does. */
export const OWN_HASH_PREFIX = '$argon2id$'

/** The form in which we hash: one password, however the keyboard composes its letters (NIST SP 800-63B-4 §3.1.1.2). */
export function normalForm(password: string): string {
  return password.normalize('NFC')
}

export async function makeHash(scheme: Scheme, password: string): Promise<PreparedPassword> {
  const salt = randomSecret(SALT_BYTES)
  const digest = await scheme.derive(Buffer.from(normalForm(password)), salt, DIGEST_BYTES)
  return { hash: `$${scheme.name}$${unpadded(salt)}$${unpadded(digest)}`, scheme: scheme.name }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
