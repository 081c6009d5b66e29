/** The fields of the legacy requests and what is said about wrong ones, as serializers of Django REST Framework 3.15 did. */

import { isEmailAddress, type NewAddressFault, newAddressFault } from '../../features/users/users.ts'

export type Field = {
  readonly name: string
  /** `new-email`: an address that somebody wants to have. */
  readonly kind: 'text' | 'email' | 'new-email'
  readonly required: boolean
  readonly allowBlank: boolean
  /** Whether white space around the value is taken off. Only white space is blank either way. */
  readonly trim: boolean
  /** In code points, counted after trimming. */
  readonly maxLength?: number
}

const email = { name: 'email', kind: 'email', required: true, allowBlank: false, trim: true } as const
// The old service trimmed passwords; ours takes them as typed.
const password = { name: 'password', kind: 'text', required: true, allowBlank: false, trim: false } as const
const optionalText = { kind: 'text', required: false, allowBlank: true, trim: true, maxLength: 30 } as const
const token = { kind: 'text', required: true, allowBlank: false, trim: true } as const

const LONGEST_ADDRESS = 254

/** Lengths are limited where something is stored; at the other doors a long value is just not the right one. */
export const registerFields = [
  { ...email, kind: 'new-email', maxLength: LONGEST_ADDRESS },
  { ...password, maxLength: 128 },
  { ...optionalText, name: 'first_name' },
  { ...optionalText, name: 'last_name' },
] as const satisfies readonly Field[]

export const loginFields = [email, password] as const satisfies readonly Field[]
export const mfaFields = [
  { ...token, name: 'mfa_token' },
  { ...optionalText, name: 'method' },
  { ...optionalText, name: 'code', maxLength: 100 },
] as const satisfies readonly Field[]
export const verifyFields = [{ ...token, name: 'token' }] as const satisfies readonly Field[]
export const refreshFields = [{ ...token, name: 'refresh' }] as const satisfies readonly Field[]
export const logoutFields = refreshFields

/** Every field as text; an optional one that was not given is empty. */
export type FieldValues<Fields extends readonly Field[]> = { [Name in Fields[number]['name']]: string }
export type FieldErrors = Record<string, string[]>

/**
 * The values of the fields, or for each wrong field the sentences that the old service answered with 400. `valid` are then the
 * values of the other fields: the old service looked for a taken address even when another field was wrong.
 */
export function readFields<const Fields extends readonly Field[]>(
  fields: Fields,
  data: Record<string, unknown>,
): { values: FieldValues<Fields> } | { errors: FieldErrors; valid: Partial<FieldValues<Fields>> } {
  const values: Partial<Record<string, string>> = {}
  const errors: FieldErrors = {}
  for (const field of fields) {
    const read = readField(field, data[field.name])
    if (typeof read === 'string') values[field.name] = read
    else errors[field.name] = read
  }
  if (Object.keys(errors).length > 0) return { errors, valid: values as Partial<FieldValues<Fields>> }
  return { values: values as FieldValues<Fields> }
}

const INVALID_EMAIL = 'Enter a valid email address.'
const tooLong = (characters: number) => `Ensure this field has no more than ${characters} characters.`

const newAddressFaults: Readonly<Record<NewAddressFault, string>> = {
  'no-address': INVALID_EMAIL,
  'too-long': tooLong(LONGEST_ADDRESS),
  // The old service took those.
  'looks-like-another': 'The domain of this address mixes alphabets, or looks like another domain.',
}

/** The text of a value, or what is wrong with it. */
function readField(field: Field, value: unknown): string | string[] {
  if (value === undefined) return field.required ? ['This field is required.'] : ''
  if (value === null) return ['This field may not be null.']
  if (typeof value !== 'string') return [field.kind === 'text' ? 'Not a valid string.' : INVALID_EMAIL]
  const stripped = strip(value)
  if (stripped === '') return field.allowBlank ? '' : ['This field may not be blank.']
  const text = field.trim ? stripped : value
  const faults = faultsOf(field, text)
  return faults.length > 0 ? faults : text
}

function faultsOf(field: Field, text: string): string[] {
  const faults: string[] = []
  if (field.maxLength !== undefined && isLongerThan(text, field.maxLength)) {
    faults.push(tooLong(field.maxLength))
  }
  if (text.includes('\0')) faults.push('Null characters are not allowed.')
  if (!text.isWellFormed()) faults.push(`Surrogate characters are not allowed: U+${firstSurrogate(text)}.`)
  const fault = addressFaultOf(field, text)
  return fault === undefined || faults.includes(fault) ? faults : [...faults, fault]
}

function addressFaultOf({ kind }: Field, text: string): string | undefined {
  if (kind === 'email') return isEmailAddress(text) ? undefined : INVALID_EMAIL
  const fault = kind === 'new-email' ? newAddressFault(text) : undefined
  return fault && newAddressFaults[fault]
}

function isLongerThan(text: string, codePoints: number): boolean {
  if (text.length <= codePoints) return false
  return text.length > codePoints * 2 || [...text].length > codePoints
}

function firstSurrogate(text: string): string | undefined {
  return /\p{Surrogate}/u.exec(text)?.[0].charCodeAt(0).toString(16).toUpperCase()
}

// What str.strip of Python takes off; String.trim knows neither U+001C to U+001F nor U+0085, and takes off U+FEFF.
const WHITE_SPACE = new Set(
  '\t\n\v\f\r\x1C\x1D\x1E\x1F \x85\xA0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A' +
    '\u2028\u2029\u202F\u205F\u3000',
)

/** The text without white space around it, by Python's idea of white space. */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && WHITE_SPACE.has(text.charAt(start))) start++
  while (end > start && WHITE_SPACE.has(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

/** The solution of a challenge beside the fields, if there is one: the old service's clients send none. */
export function solutionIn({ challenge }: Record<string, unknown>): string | undefined {
  return typeof challenge === 'string' ? challenge : undefined
}

/** The request body of a field table as a JSON Schema, for the OpenAPI document. */
export function fieldsSchema(fields: readonly Field[]) {
  return {
    type: 'object',
    required: fields.filter((field) => field.required).map((field) => field.name),
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
  } as const
}

function fieldSchema(field: Field) {
  return {
    type: 'string',
    ...(field.kind !== 'text' && { format: 'email' }),
    ...(!field.allowBlank && { minLength: 1 }),
    ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
  } as const
}
