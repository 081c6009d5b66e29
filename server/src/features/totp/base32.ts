/** Base 32 (RFC 4648 §6) without padding, over an alphabet of one's choice. */

/** The alphabet of RFC 4648 §6: what code apps read. */
export const STANDARD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** For people: without I, O, 0 and 1, which are taken for each other. */
export const READABLE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Five bits a character, the first byte first; the last character is filled up with zeros. */
export function toBase32(bytes: Uint8Array, alphabet = STANDARD_ALPHABET): string {
  let text = ''
  let held = 0
  let heldBits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    heldBits += 8
    for (; heldBits >= 5; heldBits -= 5) text += alphabet.charAt((held >> (heldBits - 5)) & 31)
  }
  return heldBits > 0 ? text + alphabet.charAt((held << (5 - heldBits)) & 31) : text
}

/** The bytes of a text as people write it, in either case and with blanks and padding; undefined: it is none. */
export function fromBase32(text: string): Buffer | undefined {
  const characters = text.replace(/[\s=]/g, '').toUpperCase()
  const bytes: number[] = []
  let held = 0
  let heldBits = 0
  for (const character of characters) {
    const value = STANDARD_ALPHABET.indexOf(character)
    if (value === -1) return undefined
    held = ((held << 5) | value) & 0xfff
    heldBits += 5
    if (heldBits < 8) continue
    heldBits -= 8
    bytes.push((held >> heldBits) & 0xff)
  }
  return Buffer.from(bytes)
}
