/** Signature algorithms by their JOSE name, as Node's crypto takes them. The table is all that the service signs with. */
import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import type { SignatureAlgorithm } from '../../../../contract/algorithms.ts'

export type Algorithm = SignatureAlgorithm

type Recipe = {
  /** How long each signature is. */
  signatureBytes: number
  generate(): KeyObject
  sign(input: string, privateKey: KeyObject): Buffer
  verify(input: string, publicKey: KeyObject, signature: Buffer): boolean
}

const RSA_BITS = 3072 // 128 bits of security, NIST SP 800-57 part 1 table 2

/** @param digest null where the algorithm hashes by itself */
function recipe(
  signatureBytes: number,
  generate: () => { privateKey: KeyObject },
  digest: 'sha256' | null,
  options: object = {},
): Recipe {
  return {
    signatureBytes,
    generate: () => generate().privateKey,
    sign: (input, key) => sign(digest, Buffer.from(input), { key, ...options }),
    verify: (input, key, signature) => verify(digest, Buffer.from(input), { key, ...options }, signature),
  }
}

const rsaPair = () => generateKeyPairSync('rsa', { modulusLength: RSA_BITS })

export const algorithms: Readonly<Record<Algorithm, Recipe>> = {
  // RFC 7518 §3.4: the signature is the two numbers side by side, not DER.
  ES256: recipe(64, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256', { dsaEncoding: 'ieee-p1363' }),
  EdDSA: recipe(64, () => generateKeyPairSync('ed25519'), null),
  RS256: recipe(RSA_BITS / 8, rsaPair, 'sha256'),
  // RFC 7518 §3.5: the salt is as long as the digest.
  PS256: recipe(RSA_BITS / 8, rsaPair, 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  // FIPS 204 table 2.
  'ML-DSA-44': recipe(2420, () => generateKeyPairSync('ml-dsa-44'), null),
  'ML-DSA-65': recipe(3309, () => generateKeyPairSync('ml-dsa-65'), null),
}

/** The public half of a private key. */
export function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey)
}
