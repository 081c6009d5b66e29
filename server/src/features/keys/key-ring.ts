import { createHash, createPublicKey } from 'node:crypto'
import type { Sealer } from '../../platform/secrets.ts'
import { type Algorithm, algorithms } from './algorithm.ts'
import type { KeyFacts } from './key-states.ts'
import { openPrivateKey } from './make-key.ts'
import type { StoredKey } from './store.ts'

/** A key set as it is served (RFC 7517 §5), with an entity tag that changes with it. */
export type KeySet = { body: string; etag: string }

/** Whether `signature` is this key's over `input` (`header.payload`). */
export type VerificationKey = (input: string, signature: Buffer) => boolean

/** The keys at one moment: never changed, replaced as a whole. */
export type KeyRing = {
  sign(claims: object, type: string): string
  findKey(encodedHeader: string): VerificationKey | undefined
  keySet: KeySet
  keys: readonly KeyFacts[]
}

/** `typ` of access and refresh tokens. */
export const TOKEN_TYPE = 'JWT'

/**
 * @param stored every key that is not retired
 * @param algorithm what tokens are signed with
 * @throws Error when SECRET_KEY does not open the signing key
 */
export function buildKeyRing(stored: readonly StoredKey[], algorithm: Algorithm, sealer: Sealer): KeyRing {
  const current = findCurrent(stored, algorithm)
  if (!current) throw new TypeError('there is no current signing key')
  const privateKey = openCurrent(current, sealer)
  const recipe = algorithms[algorithm]
  const byHeader = new Map(stored.map((key) => [encodedHeaderOf(key, TOKEN_TYPE), verificationKeyOf(key)]))
  return {
    sign(claims, type) {
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
      const input = `${encodedHeaderOf(current, type)}.${payload}`
      return `${input}.${recipe.sign(input, privateKey).toString('base64url')}`
    },
    findKey: (encodedHeader) => byHeader.get(encodedHeader),
    keySet: keySetOf(stored),
    keys: stored,
  }
}

export function findCurrent(stored: readonly StoredKey[], algorithm: Algorithm): StoredKey | undefined {
  return stored.find((key) => key.state === 'current' && key.algorithm === algorithm)
}

function openCurrent(stored: StoredKey, sealer: Sealer) {
  try {
    return openPrivateKey(stored, sealer)
  } catch (cause) {
    throw new Error('SECRET_KEY does not open the signing keys in this database: set the one they were made under', {
      cause,
    })
  }
}

function encodedHeaderOf({ algorithm, id }: StoredKey, type: string): string {
  return Buffer.from(JSON.stringify({ alg: algorithm, typ: type, kid: id })).toString('base64url')
}

function verificationKeyOf({ algorithm, publicJwk }: StoredKey): VerificationKey {
  const key = createPublicKey({ key: JSON.parse(publicJwk), format: 'jwk' })
  return (input, signature) => algorithms[algorithm].verify(input, key, signature)
}

function keySetOf(stored: readonly StoredKey[]): KeySet {
  const body = JSON.stringify({ keys: stored.map(({ publicJwk }) => JSON.parse(publicJwk)) })
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}
