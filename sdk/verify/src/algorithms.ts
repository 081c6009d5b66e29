/** Signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864, RFC 9964): asymmetric ones only, as Node's crypto takes them. */
import { constants, type KeyObject, verify } from 'node:crypto'
import { toDer } from './der-signature.ts'

type Recipe = {
  /** `asymmetricKeyType` that the key must have. */
  readonly keyType: string
  readonly digest: 'sha256' | null
  readonly options: { readonly padding?: number; readonly saltLength?: number }
  /** As OpenSSL reads the signature; undefined: it is none. Default: as it came. */
  readonly rewrite?: (signature: Buffer) => Buffer | undefined
}

const MIN_RSA_BITS = 2048 // RFC 7518 §3.3

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

const recipes = {
  ES256: { keyType: 'ec', digest: 'sha256', options: {}, rewrite: toDer },
  EdDSA: { keyType: 'ed25519', digest: null, options: {} },
  Ed25519: { keyType: 'ed25519', digest: null, options: {} },
  RS256: { keyType: 'rsa', digest: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  PS256: { keyType: 'rsa', digest: 'sha256', options: pss },
  'ML-DSA-44': { keyType: 'ml-dsa-44', digest: null, options: {} },
  'ML-DSA-65': { keyType: 'ml-dsa-65', digest: null, options: {} },
} as const satisfies Record<string, Recipe>

export type Algorithm = keyof typeof recipes

export const allAlgorithms = Object.keys(recipes) as Algorithm[]

/** Whether a public key is one of this algorithm: its kind, its curve, its size. */
export function fitsAlgorithm(key: KeyObject, algorithm: Algorithm): boolean {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType !== recipes[algorithm].keyType) return false
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1'
  return key.asymmetricKeyType !== 'rsa' || modulusLength >= MIN_RSA_BITS
}

/** Binds a public key to its algorithm. */
export function createCheck(key: KeyObject, algorithm: Algorithm): (input: Buffer, signature: Buffer) => boolean {
  const { digest, options, rewrite = (signature) => signature }: Recipe = recipes[algorithm]
  const bound = { key, ...options }
  return (input, signature) => {
    const rewritten = rewrite(signature)
    return rewritten !== undefined && verify(digest, input, bound, rewritten)
  }
}
