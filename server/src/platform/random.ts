import { randomBytes } from 'node:crypto'

/**
 * The only source of chance: identifiers of 128 bits from the system's generator, as 32 hexadecimal characters.
 * Hexadecimal, because no database's collation can take two of them for one.
 */
export function randomId(): string {
  return randomBytes(16).toString('hex')
}

/** Bytes from the system's generator. */
export function randomSecret(bytes: number): Buffer {
  return randomBytes(bytes)
}
