/** Reads JSON and explains faults in the words of Python's json module (3.12 and older), as clients of the old service know them. */

/** The text is not JSON that we take. `message` is Python's sentence; line, column and offset count code points. */
export class JsonParseError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JsonParseError'
  }
}

/** Parses a JSON text of any depth; of a repeated key the last one counts. Throws JsonParseError and nothing else. */
export function parseJson(text: string): unknown {
  const value = parseOrExplain(text)
  // Harmless as an own key, but code that copies the object by assignment would set a prototype with it.
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    throw new JsonParseError("The key '__proto__' is not allowed")
  }
  return value
}

function parseOrExplain(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    scan({ text, at: 0, open: [] })
    throw new JsonParseError('The text is too large') // no fault in it, yet JSON.parse gave up
  }
}

/** A place in the text (in UTF-16 units) and the brackets open there: a list, so that depth costs no stack. */
type Cursor = { readonly text: string; at: number; readonly open: Bracket[] }
type Bracket = '{' | '['
const CLOSING = { '{': '}', '[': ']' } as const

/** Walks through the text as CPython's scanner does (Modules/_json.c) and throws at the first fault. */
function scan(cursor: Cursor): void {
  if (cursor.text.startsWith('\uFEFF')) throw faultAt(cursor, 'Unexpected UTF-8 BOM (decode using utf-8-sig)')
  skipSpace(cursor)
  do readValue(cursor)
  while (reachNextValue(cursor))
  if (cursor.at < cursor.text.length) throw faultAt(cursor, 'Extra data')
}

/** Reads down to the first scalar or empty container. */
function readValue(cursor: Cursor): void {
  for (;;) {
    const bracket = cursor.text[cursor.at]
    if (bracket !== '{' && bracket !== '[') break
    cursor.open.push(bracket)
    cursor.at++
    skipSpace(cursor)
    if (cursor.text[cursor.at] === CLOSING[bracket]) return
    if (bracket === '{') readKey(cursor)
  }
  if (cursor.text[cursor.at] === '"') readString(cursor)
  else readNumberOrWord(cursor)
}

/** Leaves the containers that end here. True: a comma was read and a value is due; false: the outermost value has ended. */
function reachNextValue(cursor: Cursor): boolean {
  for (;;) {
    skipSpace(cursor)
    const bracket = cursor.open.at(-1)
    if (bracket === undefined) return false
    const next = cursor.text[cursor.at]
    if (next !== CLOSING[bracket] && next !== ',') throw faultAt(cursor, "Expecting ',' delimiter")
    cursor.at++
    if (next === ',') break
    cursor.open.pop()
  }
  skipSpace(cursor)
  if (cursor.open.at(-1) === '{') readKey(cursor)
  return true
}

function readKey(cursor: Cursor): void {
  if (cursor.text[cursor.at] !== '"') throw faultAt(cursor, 'Expecting property name enclosed in double quotes')
  readString(cursor)
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== ':') throw faultAt(cursor, "Expecting ':' delimiter")
  cursor.at++
  skipSpace(cursor)
}

const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y
const NOT_FINITE = /NaN|-?Infinity/y

function readNumberOrWord(cursor: Cursor): void {
  const notFinite = matchAt(NOT_FINITE, cursor)
  if (notFinite) throw new JsonParseError(`Out of range float values are not JSON compliant: '${notFinite}'`)
  const found = matchAt(NUMBER_OR_WORD, cursor)
  if (!found) throw faultAt(cursor, 'Expecting value')
  cursor.at += found.length
}

function matchAt(pattern: RegExp, cursor: Cursor): string | undefined {
  pattern.lastIndex = cursor.at
  return pattern.exec(cursor.text)?.[0]
}

function readString(cursor: Cursor): void {
  const { text, at: start } = cursor
  for (cursor.at++; text[cursor.at] !== '"'; cursor.at++) {
    if (cursor.at >= text.length) throw faultAt(cursor, 'Unterminated string starting at', start)
    if (text.charCodeAt(cursor.at) < 0x20) throw faultAt(cursor, 'Invalid control character at')
    if (text[cursor.at] === '\\') readEscape(cursor, start)
  }
  cursor.at++
}

const FOUR_HEX_DIGITS = /[\dA-Fa-f]{4}/y

/** Goes from the backslash to the last character of the escape. */
function readEscape(cursor: Cursor, start: number): void {
  const { text, at: backslash } = cursor
  const kind = text[++cursor.at]
  if (kind === undefined) throw faultAt(cursor, 'Unterminated string starting at', start)
  if (kind !== 'u') {
    if (!'"\\/bfnrt'.includes(kind)) throw faultAt(cursor, 'Invalid \\escape', backslash)
    return
  }
  FOUR_HEX_DIGITS.lastIndex = backslash + 2
  // Python wants one more character after the digits before it looks at them.
  const isWhole = backslash + 6 < text.length && FOUR_HEX_DIGITS.test(text)
  if (!isWhole) throw faultAt(cursor, 'Invalid \\uXXXX escape')
  cursor.at += 4
}

const SPACE = /[ \t\n\r]+/y

function skipSpace(cursor: Cursor): void {
  cursor.at += matchAt(SPACE, cursor)?.length ?? 0
}

function faultAt(cursor: Cursor, what: string, at = cursor.at): JsonParseError {
  let line = 1
  let column = 1
  let offset = 0
  for (const character of cursor.text.slice(0, at)) {
    offset++
    column = character === '\n' ? 1 : column + 1
    if (character === '\n') line++
  }
  return new JsonParseError(`${what}: line ${line} column ${column} (char ${offset})`)
}
