/** Secrets at rest and in comparison: sealing with a key derived from SECRET_KEY, hashing, constant-time equality. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { randomNonce } from './random.ts'

const IV_BYTES = 12 // NIST SP 800-38D §8.2: 96 bits
const TAG_BYTES = 16

export type Sealer = {
  /**
   * Encrypts with AES-256-GCM. `context` names what the secret is for and is authenticated: a sealed value moved to
   * another row does not open. Text form: `<key id>.<iv || tag || ciphertext, base64url>`.
   */
  seal(plain: Buffer, context: string): string
  /** Opens a sealed value. Throws when it was made under another key or changed. */
  open(sealed: string, context: string): Buffer
  /** Whether a value was sealed under a key that is known here. */
  canOpen(sealed: string): boolean
  /** A keyed hash (HMAC-SHA-256): the same input gives the same output, nobody else can compute it. */
  mac(input: string): Buffer
  /** The same under each key that is known here, that of `mac` first: what was made before the key changed is still told by it. */
  macs: readonly ((input: string) => Buffer)[]
  /** Names the key, so that values sealed under an older one can be told apart. */
  keyId: string
}

type DerivedKeys = { keyId: string; sealKey: Buffer; macKey: Buffer }

// HKDF (RFC 5869) with a purpose each.
function deriveKeys(secretKey: string): DerivedKeys {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secretKey, 'samurai-auth', purpose, 32))
  return {
    keyId: derive('key id').subarray(0, 6).toString('base64url'),
    sealKey: derive('seal'),
    macKey: derive('mac'),
  }
}

/**
 * @param secretKey the operator's SECRET_KEY: what is sealed from now on
 * @param otherSecretKey another one that values may have been sealed under, while the first is being replaced
 */
export function createSealer(secretKey: string, otherSecretKey?: string): Sealer {
  const { keyId, sealKey, macKey } = deriveKeys(secretKey)
  const other = otherSecretKey === undefined ? undefined : deriveKeys(otherSecretKey)
  const sealKeys = new Map([[keyId, sealKey], ...(other ? [[other.keyId, other.sealKey] as const] : [])])

  function seal(plain: Buffer, context: string): string {
    return `${keyId}.${sealUnder(sealKey, plain, context)}`
  }

  function open(sealed: string, context: string): Buffer {
    const [id = '', body] = sealed.split('.')
    const openKey = sealKeys.get(id)
    if (!openKey || !body) throw new Error('sealed under another SECRET_KEY')
    return openUnder(openKey, body, context)
  }

  const canOpen = (sealed: string) => sealKeys.has(sealed.split('.', 1)[0] ?? '')

  const macUnder = (key: Buffer) => (input: string) => createHmac('sha256', key).update(input).digest()
  const mac = macUnder(macKey)
  return { seal, open, canOpen, keyId, mac, macs: [mac, ...(other ? [macUnder(other.macKey)] : [])] }
}

/**
 * Encrypts with AES-256-GCM under a key of one's own; `context` is authenticated. Text form: `iv || tag || ciphertext`,
 * base64url. One key is good for 2^32 of them (NIST SP 800-38D §8.3).
 */
export function sealUnder(key: Buffer, plain: Buffer, context: string): string {
  const iv = randomNonce(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context))
  const ciphertext = cipher.update(plain)
  cipher.final() // nothing more comes of GCM, but the tag
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64url')
}

/** Opens what {@link sealUnder} made. Throws when it was made under another key or context, or changed. */
export function openUnder(key: Buffer, sealed: string, context: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  const options = { authTagLength: TAG_BYTES }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), options)
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
}

/** SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
