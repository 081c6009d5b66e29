/** What a hashing scheme is made of. One file per family of algorithms makes them. */

export type Recipe = {
  /** Whether we write hashes of this kind, Django did, or another server. */
  origin: 'own' | 'django' | 'foreign'
  /** How long a digest is where we make one up. */
  digestBytes: number
  /** Depends on every byte of the password. Computes off the event loop whatever takes longer than a moment. */
  derive(password: Buffer, salt: Buffer, digestBytes: number): Promise<Buffer>
}

/** The recipe of parameters; undefined when it would cost too much, or the algorithm has no such parameters. */
export type ReadRecipe = (...parameters: string[]) => Recipe | undefined

/** What no stored digest equals: they are at least 16 bytes long. */
export const NO_DIGEST = Buffer.alloc(0)

/** HMAC, which PBKDF2 and scrypt stand on, fills a short key up with NUL (RFC 2104 §2): `a` and `a NUL` have one digest. */
export function endsLikePadding(password: Buffer): boolean {
  return password.at(-1) === 0
}
