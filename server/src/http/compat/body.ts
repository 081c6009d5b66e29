/** From the bytes of a legacy request to its fields: JSON, form or multipart by content type, as Django REST Framework chose. */

import { isUtf8 } from 'node:buffer'
import { MultipartError, parseMultipart } from './multipart.ts'
import { JsonParseError, parseJson } from './python-json.ts'
import { pythonText } from './python-number.ts'

/** The body cannot be read. `status` and `body` are the answer of the old service. */
export class LegacyBodyError extends Error {
  readonly status: 400 | 415
  readonly body: Record<string, unknown>

  constructor(status: 400 | 415, body: Record<string, unknown>) {
    super(JSON.stringify(body))
    this.name = 'LegacyBodyError'
    this.status = status
    this.body = body
  }
}

type Parser = {
  readonly type: string
  readonly subtype: string
  /** What the answer to a fault begins with. */
  readonly fault: string
  readonly read: (text: string, contentType: string) => Record<string, unknown>
}

const jsonParser: Parser = { type: 'application', subtype: 'json', fault: 'JSON parse error', read: readJson }

/** The first row that fits the content type reads the body. */
const parsers: readonly Parser[] = [
  jsonParser,
  { type: 'application', subtype: 'x-www-form-urlencoded', fault: 'Form parse error', read: readForm },
  { type: 'multipart', subtype: 'form-data', fault: 'Multipart form parse error', read: parseMultipart },
]

/**
 * The fields of a request; `{}` for an empty body of whatever type. `contentType` is the header as it was sent. The text is
 * UTF-8 whatever charset the header names. Throws LegacyBodyError and nothing else.
 */
export function readBody(contentType: string | undefined, bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {}
  const parser = parserOf(contentType ?? '')
  if (!isUtf8(bytes)) throw badRequest(`${parser.fault} - the body is not valid UTF-8`)
  try {
    return parser.read(bytes.toString('utf8'), contentType ?? '')
  } catch (error) {
    if (!(error instanceof JsonParseError || error instanceof MultipartError)) throw error
    throw badRequest(`${parser.fault} - ${error.message}`)
  }
}

function parserOf(contentType: string): Parser {
  if (contentType === 'application/json') return jsonParser // nearly every request
  const [mediaType = ''] = contentType.split(';', 1)
  const [type = '', subtype = ''] = mediaType.trim().toLowerCase().split('/')
  const parser = parsers.find((row) => fits(type, row.type) && fits(subtype, row.subtype))
  if (!parser) throw new LegacyBodyError(415, { detail: `Unsupported media type "${contentType}" in request.` })
  return parser
}

const fits = (asked: string, read: string): boolean => asked === read || asked === '*'

function readJson(text: string): Record<string, unknown> {
  const value = parseJson(text)
  if (isRecord(value)) return Object.values(value).some(isNumber) ? withTextForNumbers(value, text) : value
  const wrong =
    value === null ? 'No data provided' : `Invalid data. Expected a dictionary, but got ${pythonType(value, text)}.`
  throw new LegacyBodyError(400, { non_field_errors: [wrong] })
}

// `source` is the spelling in the text (ECMAScript 2026); TypeScript does not know of it yet.
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

const isNumber = (value: unknown): boolean => typeof value === 'number'
const textForNumber: Reviver = (_key, value, { source }) =>
  source !== undefined && isNumber(value) ? (pythonText(source) ?? value) : value

/** Every field of the old service is a text, so its numbers are too. Read again, since only the text has their spelling. */
function withTextForNumbers(value: Record<string, unknown>, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text, textForNumber as (key: string, value: unknown) => unknown)
  } catch (error) {
    if (error instanceof RangeError) return value // too deep for a second reading: a number is then no text
    throw error
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What Python calls the type of a JSON value that is no object. */
function pythonType(value: unknown, text: string): string {
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return /[.eE]/.test(text) ? 'float' : 'int'
  return 'list'
}

function readForm(text: string): Record<string, string> {
  // The ampersand keeps URLSearchParams from taking off a leading question mark.
  return Object.fromEntries(new URLSearchParams(`&${text}`))
}

const badRequest = (detail: string): LegacyBodyError => new LegacyBodyError(400, { detail })
