import { randomBytes, randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const IDS_AT_ONCE = 128

const drawn = Buffer.alloc(ID_BYTES * IDS_AT_ONCE)
let used = drawn.length

/**
 * The only source of chance: identifiers of 128 bits from the system's generator, as 32 hexadecimal characters.
 * Hexadecimal, because no database's collation can take two of them for one.
 *
 * The generator is asked for many at once: asking costs more than the bytes do. What was given out is wiped.
 */
export function randomId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  const id = drawn.toString('hex', used, used + ID_BYTES)
  drawn.fill(0, used, used + ID_BYTES)
  used += ID_BYTES
  return id
}

/** Bytes from the system's generator. */
export function randomSecret(bytes: number): Buffer {
  return randomBytes(bytes)
}
