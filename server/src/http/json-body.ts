/**
 * JSON bodies of our own routes. One table of fields is what is checked, the type that the route gets, and the schema of
 * the reference. Fields that are not in the table are not looked at.
 */
import { isUtf8 } from 'node:buffer'
import type { FastifyRequest } from 'fastify'
import { isEmailAddress, newAddressFault, newAddressFaults } from '../features/users/users.ts'
import { refused } from '../platform/refusal.ts'
import type { Operation, Schema } from './route-reference.ts'

/** What a field may be. `read` gives the value, or in a {@link Fault} what is wrong with it. */
export type Field<T> = {
  readonly read: (value: unknown) => T | Fault
  readonly schema: Schema
  readonly isOptional: boolean
}

const FAULT = Symbol('fault') // no JSON has it
type Fault = { readonly [FAULT]: string }
type Fields = Readonly<Record<string, Field<unknown>>>
type Values<F extends Fields> = { [Name in keyof F]: F[Name] extends Field<infer T> ? T : never }

export type JsonBody<F extends Fields> = {
  /** @throws Refusal 'unsupported-media-type', 'malformed-request' { errors: what is wrong with which field } */
  read(request: FastifyRequest): Values<F>
  /** For the reference of the route. */
  reference: NonNullable<Operation['body']>
}

/** @param $id names the schema in the reference */
export function jsonBody<const F extends Fields>($id: string, fields: F, example: object): JsonBody<F> {
  const names = Object.keys(fields)
  const required = names.filter((name) => !fields[name]?.isOptional)
  const properties = Object.fromEntries(names.map((name) => [name, fields[name]?.schema]))
  return {
    read: (request) => readFields(fields, parse(request)),
    reference: { schema: { $id, type: 'object', required, properties }, mediaTypes: ['application/json'], example },
  }
}

/** Text of so many characters (code points). Neither NUL nor half a character pair: no database keeps them alike. */
export function text({ least = 1, most = 255, description = '' } = {}): Field<string> {
  const read = (value: unknown) => {
    if (typeof value !== 'string') return fault('must be a text')
    if (!value.isWellFormed() || value.includes('\0')) return fault('must not contain NUL or half of a character pair')
    const length = value.length > 2 * most ? value.length : [...value].length
    if (length < least) return fault(least === 1 ? 'must not be empty' : `must have at least ${least} characters`)
    return length > most ? fault(`must have at most ${most} characters`) : value
  }
  const schema = { type: 'string', minLength: least, maxLength: most, ...(description && { description }) }
  return { read, schema, isOptional: false }
}

/** An e-mail address as users may have one. */
export function emailAddress(description = ''): Field<string> {
  const { read: readText } = text({ most: 254 }) // RFC 5321 §4.5.3.1.3
  const read = (value: unknown) => {
    const given = readText(value)
    return isFault(given) || isEmailAddress(given) ? given : fault(newAddressFaults['no-address'])
  }
  return { read, schema: { type: 'string', format: 'email', ...(description && { description }) }, isOptional: false }
}

/** An e-mail address that somebody wants to have. */
export function newEmailAddress(description = ''): Field<string> {
  const { read: readText, ...field } = emailAddress(description)
  const read = (value: unknown) => {
    const given = readText(value)
    const problem = isFault(given) ? undefined : newAddressFault(given)
    return problem === undefined ? given : fault(newAddressFaults[problem])
  }
  return { ...field, read }
}

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[], description = ''): Field<W> {
  const read = (value: unknown) => words.find((word) => word === value) ?? fault(`must be one of ${words.join(', ')}`)
  return { read, schema: { enum: words, ...(description && { description }) }, isOptional: false }
}

export function flag(description = ''): Field<boolean> {
  const read = (value: unknown) => (typeof value === 'boolean' ? value : fault('must be true or false'))
  return { read, schema: { type: 'boolean', ...(description && { description }) }, isOptional: false }
}

/** A whole number from 0 on. */
export function wholeNumber({ most, description = '' }: { most: number; description?: string }): Field<number> {
  const read = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
      ? Number(value)
      : fault(`must be a whole number from 0 to ${most}`)
  const schema = { type: 'integer', minimum: 0, maximum: most, ...(description && { description }) }
  return { read, schema, isOptional: false }
}

/** A list of what another field may be. */
export function listOf<T>(item: Field<T>, { most = 100, what = 'values', description = '' } = {}): Field<readonly T[]> {
  const read = (value: unknown) => {
    if (!Array.isArray(value) || value.length > most) return fault(`must be a list of at most ${most} ${what}`)
    const values = value.map(item.read)
    return values.find(isFault) ?? (values as T[])
  }
  const schema = { type: 'array', maxItems: most, items: item.schema, ...(description && { description }) }
  return { read, schema, isOptional: false }
}

/** A list of texts. */
export function listOfTexts({ most = 100, mostCharacters = 255, description = '' } = {}): Field<readonly string[]> {
  return listOf(text({ most: mostCharacters }), { most, what: 'texts', description })
}

/** A JSON object that whoever gets it reads further. */
export function jsonObject(description = ''): Field<Record<string, unknown>> {
  const read = (value: unknown) => (isRecord(value) ? value : fault('must be an object'))
  return { read, schema: { type: 'object', ...(description && { description }) }, isOptional: false }
}

/** The same, or nothing: missing and null are one. */
export function optional<T>({ read, schema }: Field<T>): Field<T | undefined> {
  return {
    read: (value) => (value === undefined || value === null ? undefined : read(value)),
    schema,
    isOptional: true,
  }
}

const fault = (sentence: string): Fault => ({ [FAULT]: sentence })
const isFault = (value: unknown): value is Fault => isRecord(value) && FAULT in value

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse({ headers, body }: FastifyRequest): Record<string, unknown> {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';', 1)
  if (mediaType.trim().toLowerCase() !== 'application/json') throw refused('unsupported-media-type')
  const value = Buffer.isBuffer(body) && isUtf8(body) ? parseText(body.toString()) : undefined
  if (!isRecord(value)) throw malformed('', 'must be a JSON object in UTF-8')
  return value
}

function parseText(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined // told as what it is: no object
  }
}

function readFields<F extends Fields>(fields: F, data: Record<string, unknown>): Values<F> {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const given = Object.hasOwn(data, name) ? data[name] : undefined
    const value = given === undefined && !field.isOptional ? fault('is required') : field.read(given)
    if (isFault(value)) throw malformed(`/${name}`, value[FAULT])
    values[name] = value
  }
  return values as Values<F>
}

/** RFC 9457 §3 has `errors` with JSON pointers (RFC 6901) as its example of an extension. */
function malformed(pointer: string, detail: string) {
  return refused('malformed-request', { errors: [{ pointer, detail }] })
}
