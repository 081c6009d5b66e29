import { createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { type Algorithm, createCheck, fitsAlgorithm } from './algorithms.ts'

/** A public key as a key set has it (RFC 7517 §4). */
export type PublicJwk = Readonly<Record<string, unknown>>

export type Key = {
  readonly kid: string
  readonly algorithm: Algorithm
  /** Whether the signature is this key's over the input. */
  verify(input: Buffer, signature: Buffer): boolean
}

/** Keys by `kid`. A Map: no kid reaches what objects inherit (CVE-2025-65945). */
export type KeySet = ReadonlyMap<string, Key>

/** A key without one of these, or with another value, is for something else. */
type Ignore = (kid: string, why: string) => void

/**
 * Reads a key set (RFC 7517 §5). Keys that cannot serve are left out and told: of another use, without `kid` or `alg`, of an
 * algorithm that is not allowed or that this Node.js does not have, too weak, not public.
 *
 * @throws Error when it is no key set or no key is left
 */
export function readKeySet(value: unknown, allowed: readonly Algorithm[], ignore: Ignore): KeySet {
  const keys = (value as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('this is no key set: it has no list "keys"')
  const set = new Map<string, Key>()
  for (const jwk of keys) {
    const key = readKey(jwk, allowed, ignore)
    if (!key) continue
    if (set.has(key.kid)) ignore(key.kid, 'another key has its "kid"')
    else set.set(key.kid, key)
  }
  if (set.size === 0) throw new Error('no key of the set can serve')
  return set
}

function readKey(value: unknown, allowed: readonly Algorithm[], ignore: Ignore): Key | undefined {
  const jwk = (typeof value === 'object' && value !== null ? value : {}) as PublicJwk
  const { kid, alg } = jwk
  const why = unfitness(jwk)
  if (why || typeof kid !== 'string') return void ignore(String(kid), why ?? 'it has no "kid"')
  // The algorithm is the key's own: without one, a token's header would choose (CVE-2026-22817).
  const algorithm = allowed.find((name) => name === alg)
  if (!algorithm) return void ignore(kid, `its algorithm is not allowed: ${String(alg)}`)
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' } as JsonWebKeyInput)
    if (!fitsAlgorithm(key, algorithm)) return void ignore(kid, `it is no key for ${algorithm}, or too short`)
    return { kid, algorithm, verify: createCheck(key, algorithm) }
  } catch (error) {
    return void ignore(kid, `this Node.js cannot read it: ${(error as Error).message}`)
  }
}

function unfitness({ kty, use, key_ops: operations, d, priv }: PublicJwk): string | undefined {
  if (d !== undefined || priv !== undefined || kty === 'oct') return 'it is not a public key'
  if (use !== undefined && use !== 'sig') return 'its "use" is another one'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'its "key_ops" do not include "verify"'
  }
  return undefined
}
