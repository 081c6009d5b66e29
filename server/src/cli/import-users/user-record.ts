/** What one line of a file says about a user. Pure. */
import type { OldUser } from '../../features/lifecycle/lifecycle.ts'
import { type ForeignFormat, type ForeignHash, foreignFormats } from '../../features/passwords/passwords.ts'

/** Members of a JSON object, or the cells of a row of CSV by their column. */
export type UserRecord = Readonly<Record<string, unknown>>

/** What is the same for every line, unless a line says something else. */
export type HashDefaults = { format: ForeignFormat; parameters: Readonly<Record<string, unknown>> }

/** What is wrong with a line. No text repeats anything of it: it may hold a hash, or worse. */
export const faultTexts = {
  'line-too-long': 'longer than 64 KiB',
  'not-text': 'not UTF-8',
  'not-json': 'not a JSON object',
  'not-csv': 'not a row with as many cells as there are columns',
  'id-malformed': 'id: no whole number',
  'email-missing': 'email: missing, or no text',
  'name-malformed': 'first_name or last_name: no text',
  'flag-malformed': 'is_active or email_verified: neither true nor false',
  'time-malformed': 'last_login: no time with a zone, such as 2026-01-31T12:00:00Z',
  'hash-malformed': 'password_hash or password_salt: no text',
  'format-malformed': `password_format: none of ${foreignFormats.join(', ')}`,
  'params-malformed': 'password_params: no JSON object',
} as const

export type LineFault = keyof typeof faultTexts

/** The names that a line may have. Others are ignored, and reported. */
export const fieldNames: readonly string[] = [
  'id',
  'email',
  'first_name',
  'last_name',
  'is_active',
  'last_login',
  'email_verified',
  'password_hash',
  'password_format',
  'password_salt',
  'password_params',
]

const flags: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['false', false],
  ['t', true],
  ['f', false],
  ['1', true],
  ['0', false],
])

// Without a zone a time could mean any of two dozen.
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)$/

/** Thrown within this file. */
class Fault extends Error {
  readonly fault: LineFault

  constructor(fault: LineFault) {
    super(fault)
    this.fault = fault
  }
}

export function readRecord(record: UserRecord, defaults: HashDefaults): { user: OldUser } | { fault: LineFault } {
  try {
    return { user: toUser(record, defaults) }
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault }
    throw error
  }
}

function toUser(record: UserRecord, defaults: HashDefaults): OldUser {
  const email = textOf(record.email, 'email-missing')
  if (email === undefined) throw new Fault('email-missing')
  return {
    id: idOf(record.id),
    email,
    firstName: textOf(record.first_name, 'name-malformed') ?? '',
    lastName: textOf(record.last_name, 'name-malformed') ?? '',
    isActive: flagOf(record.is_active) ?? true,
    isEmailVerified: flagOf(record.email_verified) ?? false,
    lastLoginAt: timeOf(record.last_login),
    hash: hashOf(record, defaults),
  }
}

function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

function textOf(value: unknown, fault: LineFault): string | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string' || !value.isWellFormed()) throw new Fault(fault)
  return value
}

function idOf(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^-?\d{1,15}$/.test(text)) throw new Fault('id-malformed')
  return Number(text)
}

function flagOf(value: unknown): boolean | undefined {
  if (isAbsent(value)) return undefined
  const flag = flags.get(typeof value === 'string' ? value.toLowerCase() : value)
  if (flag === undefined) throw new Fault('flag-malformed')
  return flag
}

function timeOf(value: unknown): number | null {
  if (isAbsent(value)) return null
  const text = typeof value === 'string' && TIME.test(value) ? value : ''
  const time = Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
  if (Number.isNaN(time)) throw new Fault('time-malformed')
  return time
}

function hashOf(record: UserRecord, defaults: HashDefaults): ForeignHash | null {
  const text = textOf(record.password_hash, 'hash-malformed') ?? ''
  const salt = textOf(record.password_salt, 'hash-malformed')
  const own = parametersOf(record.password_params)
  const format = formatOf(record.password_format) ?? defaults.format
  if (text === '' && !(format === 'keycloak' && own)) return null // no password there
  return { format, text, parameters: { ...defaults.parameters, ...(salt !== undefined && { salt }), ...own } }
}

function formatOf(value: unknown): ForeignFormat | undefined {
  if (isAbsent(value)) return undefined
  const format = foreignFormats.find((name) => name === value)
  if (!format) throw new Fault('format-malformed')
  return format
}

function parametersOf(value: unknown): UserRecord | undefined {
  if (isAbsent(value)) return undefined
  const parameters = typeof value === 'string' ? parseObject(value) : value
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new Fault('params-malformed')
  }
  return parameters as UserRecord
}

/** The object that a text of JSON is; undefined when it is none. */
export function parseObject(text: string): UserRecord | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as UserRecord) : undefined
  } catch {
    return undefined
  }
}
