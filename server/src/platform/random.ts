import { randomBytes, randomFillSync } from 'node:crypto'

const ID_BYTES = 16

/** Drawn at once: asking the system's generator costs more than the bytes do. What was given out is wiped. */
const drawn = Buffer.alloc(2048)
let used = drawn.length

/** The next so many bytes of what was drawn: read them before anything else is drawn. */
function take<T>(bytes: number, read: (start: number, end: number) => T): T {
  if (used + bytes > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const start = used
  used += bytes
  const value = read(start, used)
  drawn.fill(0, start, used)
  return value
}

const asHex = (start: number, end: number) => drawn.toString('hex', start, end)
const asCopy = (start: number, end: number) => Buffer.from(drawn.subarray(start, end))

/**
 * The only source of chance: identifiers of 128 bits from the system's generator, as 32 hexadecimal characters.
 * Hexadecimal, because no database's collation can take two of them for one.
 */
export function randomId(): string {
  return take(ID_BYTES, asHex)
}

/** A value that is used once and need not be secret, such as an initialization vector. At most 64 bytes. */
export function randomNonce(bytes: number): Buffer {
  return take(bytes, asCopy)
}

/** Bytes from the system's generator, kept nowhere else. */
export function randomSecret(bytes: number): Buffer {
  return randomBytes(bytes)
}
