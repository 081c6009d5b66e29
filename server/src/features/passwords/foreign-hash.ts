/**
 * What other servers write, turned into the text that we store: one form for each scheme, which says everything that a check needs
 * (stored-hash.ts reads it). The table of formats in docs/how-to/move-from-another-server.md shows an example of each.
 */
import { readFirebase } from './firebase-hash.ts'
import { readKeycloak } from './keycloak-hash.ts'
import { base64Of, bytesOfText, fromAdapted, fromHex, phcPbkdf2 } from './phc-text.ts'
import { readHash } from './stored-hash.ts'

/** How a hash is written. `text`: it says by itself what it is. */
export type ForeignFormat = 'text' | 'firebase-scrypt' | 'keycloak'

export type ForeignHash = {
  format: ForeignFormat
  /** The hash; with Keycloak everything is in `parameters`. */
  text: string
  /** What is not in the text. Firebase: salt, signer_key, salt_separator, rounds, mem_cost. Keycloak: credentialData, secretData. */
  parameters: Readonly<Record<string, unknown>>
}

export const foreignFormats: readonly ForeignFormat[] = ['text', 'firebase-scrypt', 'keycloak']

const MOST_CHARACTERS = 512 // the column's width

type Groups = Readonly<Record<string, string | undefined>>

/** Stored as they are written, or under Django's prefix: without it an Argon2 hash would count as one of ours. */
const asWritten = [/^\$2[aby]\$/, /^(?:argon2|bcrypt|bcrypt_sha256|pbkdf2_sha256|pbkdf2_sha1|scrypt)\$/]

const wrapping = /^\{(?:CRYPT|BCRYPT|ARGON2)\}/i // of LDAP, around a text that says by itself what it is

/** One row per way of writing; `undefined` from the second column: it is not that after all. */
const rewritten: readonly [RegExp, (groups: Groups) => string | undefined][] = [
  [/^(?<phc>\$argon2(?:id|i|d)\$v=19\$.*)$/s, ({ phc }) => `argon2${phc}`],
  // RFC 2307 §5.3 and what OpenLDAP's modules add: the digest, then the salt.
  [/^\{SSHA(?<bits>256|512|)\}(?<both>[A-Za-z0-9+/]+={0,2})$/i, readSsha],
  // PHC strings; the length is in the digest too.
  [
    /^\$pbkdf2-(?<hash>sha1|sha256|sha512)\$i=(?<rounds>\d+)(?:,l=\d+)?\$(?<salt>[A-Za-z0-9+/]+)=*\$(?<digest>[A-Za-z0-9+/]+)=*$/,
    ({ hash = '', rounds = '', salt = '', digest = '' }) => phcPbkdf2(hash, rounds, bytesOf(salt), bytesOf(digest)),
  ],
  [
    /^(?<before>\$scrypt\$ln=\d+,r=\d+,p=\d+\$)(?<salt>[A-Za-z0-9+/]*)=*\$(?<digest>[A-Za-z0-9+/]+)=*$/,
    ({ before, salt, digest }) => `${before}${salt}$${digest}`,
  ],
  // passlib, and its form for LDAP: base64 with a dot for the plus.
  [
    /^(?:\$pbkdf2(?:-(?<hash>sha256|sha512))?\$|\{PBKDF2(?:-(?<ldap>SHA1|SHA256|SHA512))?\})(?<rounds>\d+)\$(?<salt>[A-Za-z0-9./]*)\$(?<digest>[A-Za-z0-9./]+)$/,
    ({ hash, ldap, rounds = '', salt = '', digest = '' }) =>
      phcPbkdf2(hash ?? ldap?.toLowerCase() ?? 'sha1', rounds, fromAdapted(salt), fromAdapted(digest)),
  ],
  // Werkzeug (Flask): the salt is text, the digest hexadecimal.
  [
    /^pbkdf2:(?<hash>sha1|sha256|sha512):(?<rounds>\d+)\$(?<salt>[^$]+)\$(?<digest>[0-9a-f]+)$/,
    ({ hash = '', rounds = '', salt = '', digest = '' }) => phcPbkdf2(hash, rounds, bytesOfText(salt), fromHex(digest)),
  ],
  [
    /^scrypt:(?<cost>\d+):(?<r>\d+):(?<p>\d+)\$(?<salt>[^$]+)\$(?<digest>[0-9a-f]+)$/,
    ({ cost, r, p, salt = '', digest = '' }) =>
      `$scrypt$ln=${Math.log2(Number(cost))},r=${r},p=${p}$${base64Of(bytesOfText(salt))}$${base64Of(fromHex(digest))}`,
  ],
]

/** The text to store; undefined when we cannot check it. Only what can be checked is stored: it may be a bare password. */
export function storedForm({ format, text, parameters }: ForeignHash): string | undefined {
  const form = formOf(format, text, parameters)
  if (form === undefined || form.length > MOST_CHARACTERS) return undefined
  return readHash(form).kind === 'usable' ? form : undefined
}

function formOf(format: ForeignFormat, text: string, parameters: ForeignHash['parameters']): string | undefined {
  if (format === 'firebase-scrypt') return readFirebase(text, parameters)
  if (format === 'keycloak') return readKeycloak(parameters, formOfText)
  return formOfText(text)
}

function formOfText(given: string): string | undefined {
  if (given.length > 2 * MOST_CHARACTERS) return undefined
  const text = given.replace(wrapping, '')
  if (asWritten.some((pattern) => pattern.test(text))) return text
  for (const [pattern, rewrite] of rewritten) {
    const groups = pattern.exec(text)?.groups
    if (groups) return rewrite(groups)
  }
  return undefined
}

function readSsha({ bits = '', both = '' }: Groups): string | undefined {
  const bytes = Buffer.from(both, 'base64')
  const digestBytes = bits === '' ? 20 : Number(bits) / 8
  if (bytes.length <= digestBytes) return undefined // without a salt it is no salted hash
  const [digest, salt] = [bytes.subarray(0, digestBytes), bytes.subarray(digestBytes)]
  return `$ssha${bits || '1'}$${base64Of(salt)}$${base64Of(digest)}`
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}
