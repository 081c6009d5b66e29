/** Compact JWS as text (RFC 7515 §7.1): taken apart strictly, before any key is asked. */

export type TokenParts = { encodedHeader: string; encodedPayload: string; input: string; signature: Buffer }

/** Longer than any token of ours or of the old service; nothing longer is decoded (CVE-2026-48525). */
export const MAX_TOKEN_CHARACTERS = 8192

/** The three parts, or undefined when the text is no compact JWS in canonical base64url. */
export function splitToken(token: string): TokenParts | undefined {
  if (token.length > MAX_TOKEN_CHARACTERS) return undefined
  const headerEnd = token.indexOf('.')
  const payloadEnd = token.indexOf('.', headerEnd + 1)
  if (headerEnd <= 0 || payloadEnd === -1) return undefined
  const encodedSignature = token.slice(payloadEnd + 1)
  const signature = Buffer.from(encodedSignature, 'base64url')
  // Node decodes leniently; encoding again shows padding, other alphabets, stray bits and characters (RFC 8725 §3.1, and
  // two texts of one token would be two tokens in every cache and log).
  if (signature.length === 0 || signature.toString('base64url') !== encodedSignature) return undefined
  return {
    encodedHeader: token.slice(0, headerEnd),
    encodedPayload: token.slice(headerEnd + 1, payloadEnd),
    input: token.slice(0, payloadEnd),
    signature,
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A JSON object from base64url, or undefined. */
export function decodeObject(encoded: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.toString('base64url') !== encoded) return undefined
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined // not UTF-8 or not JSON: the caller refuses the token
  }
}
