/**
 * The texts that hashes are stored as: our own PHC strings, those of Django's `django.contrib.auth.hashers`, and the forms that
 * foreign-hash.ts makes of what other servers wrote.
 */
import { equalSecrets } from '../../platform/secrets.ts'
import { findScheme, type Scheme } from './scheme.ts'

/** A hash that passwords can be checked against. */
export type PasswordHash = { scheme: Scheme; salt: Buffer; digest: Buffer }

export type HashReading =
  | { kind: 'usable'; hash: PasswordHash }
  /** Django's mark of a user without a password. */
  | { kind: 'unusable' }
  /** Malformed, of an algorithm that we do not check, or too expensive to be checked. */
  | { kind: 'unknown'; algorithm: string }

/** `before` and `after` together are the scheme's name. Each algorithm has one length of digest, Argon2 several. */
type Form = { text: RegExp; salt: BufferEncoding; digest: BufferEncoding }

const forms: readonly Form[] = [
  {
    text: /^\$(?<before>argon2id\$v=19\$m=\d+,t=\d+,p=\d+)\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<digest>[A-Za-z0-9+/]{22,86})$/,
    salt: 'base64',
    digest: 'base64',
  },
  {
    text: /^(?<before>argon2\$argon2(?:id|i|d)\$v=19\$m=\d+,t=\d+,p=\d+)\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<digest>[A-Za-z0-9+/]{22,86})$/,
    salt: 'base64',
    digest: 'base64',
  },
  {
    text: /^(?<before>pbkdf2_sha256\$\d+)\$(?<salt>[^$]+)\$(?<digest>[A-Za-z0-9+/]{43}=)$/,
    salt: 'utf8',
    digest: 'base64',
  },
  {
    text: /^(?<before>pbkdf2_sha1\$\d+)\$(?<salt>[^$]+)\$(?<digest>[A-Za-z0-9+/]{27}=)$/,
    salt: 'utf8',
    digest: 'base64',
  },
  {
    text: /^(?<before>scrypt\$\d+)\$(?<salt>[^$]+)(?<after>\$\d+\$\d+)\$(?<digest>[A-Za-z0-9+/]{86}==)$/,
    salt: 'utf8',
    digest: 'base64',
  },
  {
    // 22 characters for 128 bits of salt: the last one carries two bits.
    text: /^(?<before>bcrypt(?:_sha256)?\$)\$2[aby]\$(?<after>\d\d)\$(?<salt>[./A-Za-z0-9]{21}[.Oeu])(?<digest>[./A-Za-z0-9]{31})$/,
    salt: 'latin1',
    digest: 'latin1',
  },
  {
    text: /^\$(?<before>2[aby]\$\d\d)\$(?<salt>[./A-Za-z0-9]{21}[.Oeu])(?<digest>[./A-Za-z0-9]{31})$/,
    salt: 'latin1',
    digest: 'latin1',
  },
  {
    text: /^\$(?<before>(?:pbkdf2-sha(?:1|256|512)\$i=\d+,l=\d+|(?:firebase-)?scrypt\$ln=\d+,r=\d+,p=\d+|ssha(?:1|256|512)))\$(?<salt>[A-Za-z0-9+/]*)\$(?<digest>[A-Za-z0-9+/]{22,171})$/,
    salt: 'base64',
    digest: 'base64',
  },
]

// Fits every form: long enough for Argon2 (8 bytes, RFC 9106 §3.1), 22 characters of bcrypt's base64.
const STAND_IN_SALT = Buffer.from('standinforunknownuser.')

/** Reads a stored text. Never throws, whatever the text. */
export function readHash(text: string): HashReading {
  if (text.startsWith('!')) return { kind: 'unusable' }
  for (const form of forms) {
    const hash = readForm(form, text)
    if (hash) return { kind: 'usable', hash }
  }
  return { kind: 'unknown', algorithm: algorithmOf(text) }
}

/** The hash of a stored text; undefined when there is none that can be checked. */
export function usableHash(text: string): PasswordHash | undefined {
  const reading = readHash(text)
  return reading.kind === 'usable' ? reading.hash : undefined
}

/** A hash that no password has: whoever is checked against it pays what a user with this scheme pays. */
export function standInHash(scheme: Scheme): PasswordHash {
  return { scheme, salt: STAND_IN_SALT, digest: Buffer.alloc(scheme.digestBytes) }
}

/** Whether the password, exactly as given, is the one that was hashed. */
export async function isMatch({ scheme, salt, digest }: PasswordHash, password: string): Promise<boolean> {
  return equalSecrets(await scheme.derive(Buffer.from(password), salt, digest.length), digest)
}

function readForm(form: Form, text: string): PasswordHash | undefined {
  const { before, after = '', salt, digest } = form.text.exec(text)?.groups ?? {}
  if (before === undefined || salt === undefined || digest === undefined) return undefined
  const scheme = findScheme(before + after)
  return scheme && { scheme, salt: Buffer.from(salt, form.salt), digest: Buffer.from(digest, form.digest) }
}

// For reports, so it must never be a password or a digest that somebody stored bare.
function algorithmOf(text: string): string {
  return /^\$?([a-z][a-z0-9_]{0,19})\$[^$]*\$/.exec(text)?.[1] ?? 'unrecognised'
}
