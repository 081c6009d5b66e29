/** The DER form of ECDSA signatures (RFC 3279 §2.2.3), which is what OpenSSL verifies. */

const NUMBER_BYTES = 32 // of P-256
const SEQUENCE = 0x30
const INTEGER = 0x02

// Whoever verifies does so before anything else is written here.
const der = Buffer.alloc(2 + 2 * (3 + NUMBER_BYTES))

/**
 * Rewrites an ES256 signature, the two numbers side by side (RFC 7518 §3.4). Node.js does so too (`dsaEncoding: 'ieee-p1363'`),
 * but takes 2 µs for it, of 85 for all of a check.
 *
 * @returns bytes that are good until the next call; undefined: it is not as long as such a signature
 */
export function toDer(signature: Buffer): Buffer | undefined {
  if (signature.length !== 2 * NUMBER_BYTES) return undefined
  const middle = writeNumber(signature, 0, 2)
  const end = writeNumber(signature, NUMBER_BYTES, middle)
  der[0] = SEQUENCE
  der[1] = end - 2
  return der.subarray(0, end)
}

// As short as it can be, and not negative (X.690 §8.3): no zeros in front, but one where the first bit is set.
function writeNumber(signature: Buffer, from: number, at: number): number {
  const end = from + NUMBER_BYTES
  let start = from
  while (start < end - 1 && signature[start] === 0) start++
  let next = at + 2
  if ((signature[start] as number) > 0x7f) der[next++] = 0
  while (start < end) der[next++] = signature[start++] as number
  der[at] = INTEGER
  der[at + 1] = next - at - 2
  return next
}
