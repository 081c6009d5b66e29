import { createPublicKey } from 'node:crypto'
import { signatureAlgorithms } from '../../../../contract/algorithms.ts'
import { algorithms } from './algorithm.ts'

/**
 * The claims of a compact JWS of this type when the key signed it, else undefined. The algorithm is the key's, not what the
 * header says (RFC 8725 §3.1).
 *
 * @param publicJwk as it is in the key set
 */
export function readSigned(jws: string, publicJwk: string, type: string): unknown {
  const jwk = JSON.parse(publicJwk) as { alg?: string; kid?: string }
  const algorithm = signatureAlgorithms.find((name) => name === jwk.alg)
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.')
  if (!algorithm || rest.length > 0) return undefined
  const expected = Buffer.from(JSON.stringify({ alg: algorithm, typ: type, kid: jwk.kid })).toString('base64url')
  if (header !== expected) return undefined
  const key = createPublicKey({ key: JSON.parse(publicJwk), format: 'jwk' })
  const isRight = algorithms[algorithm].verify(`${header}.${payload}`, key, Buffer.from(signature, 'base64url'))
  return isRight ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined
}
