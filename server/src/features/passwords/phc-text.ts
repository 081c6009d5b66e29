/** Pieces of the texts that hashes are kept in: PHC strings, whose base64 has no padding. */

export function base64Of(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** passlib's base64: a dot for the plus. */
export function fromAdapted(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

export function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

export function bytesOfText(text: string): Buffer {
  return Buffer.from(text)
}

/** The length is part of the name: every so many bytes cost all the iterations again. */
export function phcPbkdf2(hashName: string, iterations: string | number, salt: Buffer, digest: Buffer): string {
  return `$pbkdf2-${hashName}$i=${iterations},l=${digest.length}$${base64Of(salt)}$${base64Of(digest)}`
}
