/** Which passwords are accepted, and how they are hashed. */
import { integer, linesOfFile, oneOf, type Setting, serviceOrOff } from './setting.ts'

export const passwordSettings = {
  passwordPolicy: {
    names: ['PASSWORD_POLICY'],
    read: oneOf('nist', 'nist-single-factor', 'legacy'),
    fallback: 'nist',
    reason:
      '`nist`: at least 8 characters and on no blocklist; `nist-single-factor`: at least 15, which NIST asks for where nobody has a second factor; `legacy`: what the old service accepted.',
  },
  passwordBlocklist: {
    names: ['PASSWORD_BLOCKLIST_FILE'],
    read: linesOfFile,
    reason:
      'A file of passwords that nobody may choose, one a line (UTF-8, at most 100000 lines and 4 MiB): the names of your company and products. Read at start; case is ignored.',
  },
  breachedPasswords: {
    names: ['BREACHED_PASSWORDS'],
    read: serviceOrOff,
    fallback: 'off',
    reason:
      'Where new passwords are looked up among breached ones: `https://api.pwnedpasswords.com/range`, or a range API of the same kind. It is told five hexadecimal characters of a hash. `off`: nowhere.',
  },
  breachedPasswordsFail: {
    names: ['BREACHED_PASSWORDS_FAIL'],
    read: oneOf('open', 'closed'),
    fallback: 'open',
    reason: 'When that look-up fails: `open` accepts the password and logs a warning, `closed` refuses it.',
  },
  breachedPasswordsTimeoutMs: {
    names: ['BREACHED_PASSWORDS_TIMEOUT_MS'],
    read: integer(50, 10_000),
    fallback: '1500',
    unit: 'milliseconds',
    reason: 'How long a look-up may take before it has failed. Whoever registers waits for it.',
  },
  argon2MemoryKib: {
    names: ['ARGON2_MEMORY_KIB'],
    read: integer(7168, 524_288),
    fallback: '19456',
    unit: 'KiB',
    reason:
      'Argon2id memory: 19 MiB, OWASP Password Storage Cheat Sheet. At most 512 MiB, and times `ARGON2_PASSES` at most 2097152.',
  },
  argon2Passes: { names: ['ARGON2_PASSES'], read: integer(1, 20), fallback: '2', reason: 'Argon2id passes (t).' },
  argon2Parallelism: {
    names: ['ARGON2_PARALLELISM'],
    read: integer(1, 16),
    fallback: '1',
    reason: 'Argon2id lanes (p).',
  },
  hashQueue: {
    names: ['HASH_QUEUE'],
    read: integer(0, 10_000),
    fallback: '64',
    unit: 'requests a process',
    reason: 'Logins that wait for a free core; more are told 503 with Retry-After instead of piling up.',
  },
} as const satisfies Record<string, Setting<unknown>>

const MAX_ARGON2_KIB_PASSES = 2_097_152 // as the scheme bounds every hash: about 3 s

/** What is wrong with these together, by the names of the variables. */
export function passwordFaults(given: { argon2MemoryKib: number; argon2Passes: number }): string[] {
  if (given.argon2MemoryKib * given.argon2Passes <= MAX_ARGON2_KIB_PASSES) return []
  return [`ARGON2_MEMORY_KIB times ARGON2_PASSES must be at most ${MAX_ARGON2_KIB_PASSES}`]
}
