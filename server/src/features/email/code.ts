/** Codes and tokens of links: how they are made, read and hashed. Pure but for chance. */
import { randomInt } from 'node:crypto'
import { randomSecret } from '../../platform/random.ts'
import { equalSecrets, type Sealer, sha256 } from '../../platform/secrets.ts'
import { emailKey } from '../users/users.ts'
import type { Purpose } from './purpose.ts'

export const CODE_TRIES = 5 // of 1,000,000 codes: 1 in 200,000 for whoever guesses (ASVS 6.6.3)
const CODE_DIGITS = 6
const TOKEN_BYTES = 32 // 256 bits: nobody guesses it, so that its tries need no counting
const TOKEN = /^[A-Za-z0-9_-]{43}$/

export function makeCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
}

export function makeToken(): string {
  return randomSecret(TOKEN_BYTES).toString('base64url')
}

/**
 * The digits of a code as somebody typed them: with blanks, with the digits of an Arabic or Persian keyboard. What is no code
 * comes back shortened, and is the code of nobody.
 */
export function readCode(text: string): string {
  return text
    .slice(0, 40)
    .replace(/[\s\u2066-\u2069\u200e\u200f-]/g, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
}

/** Whether a text can be a token; others are not looked for. */
export const isToken = (text: string): boolean => TOKEN.test(text)

/** A million codes are soon tried: without the key nobody can compute this. Bound to the row. */
export function hashCode({ mac }: Pick<Sealer, 'mac'>, id: string, code: string): string {
  return mac(`email_code:${id}:${code}`).toString('hex')
}

/** Whether this is the hash of the code, under any key that is known here: SECRET_KEY may have changed since it was mailed. */
export function isHashOfCode({ macs }: Pick<Sealer, 'macs'>, hash: string, id: string, code: string): boolean {
  const verdicts = macs.map((mac) => equalSecrets(Buffer.from(hashCode({ mac }, id, code)), Buffer.from(hash)))
  return verdicts.includes(true)
}

/** A plain hash will do for 256 random bits. */
export const hashToken = (token: string): string => sha256(`email_code token ${token}`)

/** Which row: there is one for each purpose and address. */
export const slotOf = (purpose: Purpose, address: string): string => sha256(`${purpose}\n${emailKey(address)}`)

const COUNTERS = 64 // one would be the row that all who are refused at once wait for

/** Which of the counters of refusals: a number of them that no stranger makes larger. */
export const counterOf = (slot: string): number => Number.parseInt(slot.slice(0, 8), 16) % COUNTERS
