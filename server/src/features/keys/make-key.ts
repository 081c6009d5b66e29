import { createHash, createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import type { Sealer } from '../../platform/secrets.ts'
import { type Algorithm, algorithms, publicKeyOf } from './algorithm.ts'
import type { StoredKey } from './store.ts'

type Jwk = webcrypto.JsonWebKey & { pub?: string }

const contextOf = (id: string) => `signing_key:${id}`

/** A new key pair, ready to be stored. */
export function makeKey(algorithm: Algorithm, state: 'next' | 'current', sealer: Sealer, now: number): StoredKey {
  const privateKey = algorithms[algorithm].generate()
  const jwk = publicKeyOf(privateKey).export({ format: 'jwk' }) as Jwk
  const id = thumbprint(jwk)
  return {
    id,
    algorithm,
    state,
    createdAt: now,
    activatedAt: state === 'current' ? now : null,
    retireAt: null,
    publicJwk: JSON.stringify({ ...jwk, kid: id, alg: algorithm, use: 'sig' }),
    privateKeySealed: sealer.seal(privateKey.export({ type: 'pkcs8', format: 'der' }), contextOf(id)),
  }
}

/** @throws Error when the key was sealed under another SECRET_KEY */
export function openPrivateKey(stored: StoredKey, sealer: Sealer): KeyObject {
  const der = sealer.open(stored.privateKeySealed, contextOf(stored.id))
  return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
}

/** The same private key, sealed under the key that is in use now. */
export function sealAgain(stored: StoredKey, sealer: Sealer): string {
  return sealer.seal(sealer.open(stored.privateKeySealed, contextOf(stored.id)), contextOf(stored.id))
}

// RFC 7638 §3.2 and draft-ietf-cose-dilithium §6 (AKP): the required members of each key type, in lexical order.
const thumbprintMembers: Readonly<Record<string, (jwk: Jwk) => object>> = {
  EC: ({ crv, kty, x, y }) => ({ crv, kty, x, y }),
  OKP: ({ crv, kty, x }) => ({ crv, kty, x }),
  RSA: ({ e, kty, n }) => ({ e, kty, n }),
  AKP: ({ alg, kty, pub }) => ({ alg, kty, pub }),
}

function thumbprint(jwk: Jwk): string {
  const members = thumbprintMembers[jwk.kty ?? '']?.(jwk)
  if (!members) throw new TypeError(`no thumbprint for key type ${jwk.kty}`)
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
