/** Compact JWS (RFC 7515 §7.1): taken apart strictly, verified with the key that its header names. Knows nothing of claims. */
import { isUtf8 } from 'node:buffer'
import type { Key } from './key-set.ts'
import { TokenError } from './token-error.ts'

export type JsonObject = Readonly<Record<string, unknown>>
type Header = { readonly alg: string; readonly typ: string; readonly kid: string }

export type Jws = { readonly typ: string; readonly payload: JsonObject }

type Profile = {
  findKey: (kid: string) => Key | undefined
  /** What `typ` may say (RFC 8725 §3.11). */
  headerTypes: readonly string[]
}

// What a header may never ask for: extensions and their two best known (RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3), and keys
// that the sender brings along (RFC 8725 §3.10).
const refusedMembers = ['crit', 'b64', 'zip', 'jwk', 'jku', 'x5u', 'x5c']

const REMEMBERED_HEADERS = 64 // every token of one key has the same header: this is a number of keys

/**
 * Makes the function that opens a JWS: form, type, signature. It trusts its caller for the length of the text.
 *
 * @throws (the function) TokenError 'malformed', 'type', 'unknown-key', 'signature'
 */
export function createJwsReader({ findKey, headerTypes }: Profile): (text: string) => Jws {
  const headers = new Map<string, Header>()

  function remember(encoded: string, header: Header): void {
    if (headers.size >= REMEMBERED_HEADERS) headers.clear()
    headers.set(encoded, header)
  }

  return (text) => {
    const bytes = Buffer.from(text)
    const headerEnd = text.indexOf('.')
    const payloadEnd = text.indexOf('.', headerEnd + 1)
    const isAscii = bytes.length === text.length // Node decodes U+0141 as it does "A"
    if (headerEnd <= 0 || payloadEnd === -1 || !isAscii) throw new TokenError('malformed')
    const encodedHeader = text.slice(0, headerEnd)
    const known = headers.get(encodedHeader)
    const header = known ?? readHeader(encodedHeader)
    if (!headerTypes.includes(header.typ)) throw new TokenError('type')
    const signature = decode(text.slice(payloadEnd + 1))
    const key = findKey(header.kid)
    if (!key) throw new TokenError('unknown-key')
    // The key decides the algorithm; the header may only agree (RFC 8725 §3.1, CVE-2026-48523, CVE-2022-23540).
    if (header.alg !== key.algorithm || !key.verify(bytes.subarray(0, payloadEnd), signature)) {
      throw new TokenError('signature')
    }
    if (!known) remember(encodedHeader, header)
    // Its text is what the issuer has signed, to the letter: it need not be looked at as closely as the rest.
    return { typ: header.typ, payload: parseObject(Buffer.from(text.slice(headerEnd + 1, payloadEnd), 'base64url')) }
  }
}

function readHeader(encoded: string): Header {
  const bytes = decode(encoded)
  if (!isUtf8(bytes)) throw new TokenError('malformed')
  const header = parseObject(bytes)
  const { alg, typ, kid } = header
  if (refusedMembers.some((name) => Object.hasOwn(header, name))) throw new TokenError('malformed')
  if (typeof alg !== 'string' || typeof kid !== 'string') throw new TokenError('malformed')
  if (typeof typ !== 'string') throw new TokenError('type')
  return { alg, typ, kid }
}

// Node decodes leniently: it skips other characters, ends at padding, reads plain base64 too, and drops the bits that are left
// over after the last byte. One token has one text (RFC 8725 §3.1, RFC 4648 §3.5). The caller has seen that it is ASCII.
function decode(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url')
  const isWhole = bytes.length > 0 && encoded.length === Math.ceil((bytes.length * 4) / 3)
  const isPlain = encoded.includes('+') || encoded.includes('/')
  if (!isWhole || isPlain || hasStrayBits(encoded)) throw new TokenError('malformed')
  return bytes
}

// The last character of a text whose length is no multiple of four: two or four of its six bits are zero.
const lastCharacters: readonly (string | undefined)[] = [undefined, undefined, 'AQgw', 'AEIMQUYcgkosw048']

function hasStrayBits(encoded: string): boolean {
  const possible = lastCharacters[encoded.length % 4]
  return possible !== undefined && !possible.includes(encoded.charAt(encoded.length - 1))
}

function parseObject(bytes: Buffer): JsonObject {
  const value = parse(bytes.toString())
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TokenError('malformed')
  return value as JsonObject
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new TokenError('malformed', cause)
  }
}
