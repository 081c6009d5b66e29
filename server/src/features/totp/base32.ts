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
