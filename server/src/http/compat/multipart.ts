/** The fields of a multipart/form-data body (RFC 7578). The legacy API takes no files: of one only that it was there is kept. */

/** The body cannot be taken apart; `message` is the sentence of the old service. */
export class MultipartError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MultipartError'
  }
}

/** In the place of a file, for the field to be refused as no text. */
export const FILE = Object.freeze({})

/**
 * Fields by name, of a repeated name the last, but a file before any text; what stands outside the boundaries is ignored.
 * Throws MultipartError.
 */
export function parseMultipart(text: string, contentType: string): Record<string, unknown> {
  const parts = `\r\n${text}`.split(`\r\n--${boundaryOf(contentType)}`).slice(1)
  const end = parts.findIndex((part) => part.startsWith('--'))
  const read = parts.slice(0, end < 0 ? parts.length : end).map(readPart)
  const fields = read.filter((field) => field !== undefined)
  const files = fields.filter(([, value]) => value === FILE)
  return Object.fromEntries([...fields, ...files])
}

// RFC 2046 §5.1.1 allows fewer characters; the old service took these.
const BOUNDARY = /^[ -~]{0,200}[!-~]$/

function boundaryOf(contentType: string): string {
  const boundary = parameterOf(contentType, 'boundary')
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    throw new MultipartError(`Invalid boundary in multipart: ${boundary ?? 'None'}`)
  }
  return boundary
}

function readPart(part: string): [name: string, value: unknown] | undefined {
  const headersEnd = part.indexOf('\r\n\r\n')
  const headers = part.slice(0, Math.max(headersEnd, 0)).split('\r\n')
  const disposition = headers.find((header) => header.toLowerCase().startsWith('content-disposition:')) ?? ''
  const name = parameterOf(disposition, 'name')
  const fileName = parameterOf(disposition, 'filename*') ?? parameterOf(disposition, 'filename')
  if (name === undefined || fileName === '') return undefined // a form without a chosen file sends an empty name
  return [name, fileName === undefined ? part.slice(headersEnd + 4) : FILE]
}

/** The value of `; name=value` or `; name="value"` in a header; a semicolon inside quotes is not understood. */
function parameterOf(header: string, name: string): string | undefined {
  for (const parameter of header.split(';')) {
    const equals = parameter.indexOf('=')
    if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== name) continue
    const value = parameter.slice(equals + 1).trim()
    return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  }
  return undefined
}
