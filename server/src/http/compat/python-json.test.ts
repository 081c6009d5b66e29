import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonParseError, parseJson } from './python-json.ts'

function faultOf(text: string): string {
  try {
    parseJson(text)
  } catch (error) {
    assert.ok(error instanceof JsonParseError, `${error}`)
    return error.message
  }
  return 'no fault'
}

const faults: [text: string, message: string][] = [
  ['', 'Expecting value: line 1 column 1 (char 0)'],
  [' \t\r\n ', 'Expecting value: line 2 column 2 (char 5)'],
  ['nul', 'Expecting value: line 1 column 1 (char 0)'],
  ['[tru]', 'Expecting value: line 1 column 2 (char 1)'],
  ['True', 'Expecting value: line 1 column 1 (char 0)'],
  [']', 'Expecting value: line 1 column 1 (char 0)'],
  ['[', 'Expecting value: line 1 column 2 (char 1)'],
  ['[1,]', 'Expecting value: line 1 column 4 (char 3)'],
  ['{"k":}', 'Expecting value: line 1 column 6 (char 5)'],
  ['{"k":+1}', 'Expecting value: line 1 column 6 (char 5)'],
  ['[-]', 'Expecting value: line 1 column 2 (char 1)'],
  ['[.5]', 'Expecting value: line 1 column 2 (char 1)'],
  ['\u00A0{}', 'Expecting value: line 1 column 1 (char 0)'],
  ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{k:1}', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ["{'k':1}", 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{"k":1,}', 'Expecting property name enclosed in double quotes: line 1 column 8 (char 7)'],
  ['{"k":1, // why\n}', 'Expecting property name enclosed in double quotes: line 1 column 9 (char 8)'],
  ['{\n "k": 1,\n 2\n}', 'Expecting property name enclosed in double quotes: line 3 column 2 (char 12)'],
  ['{"k" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
  ['{"k"', "Expecting ':' delimiter: line 1 column 5 (char 4)"],
  ['{"k":1 "l":2}', "Expecting ',' delimiter: line 1 column 8 (char 7)"],
  ['{"k":01}', "Expecting ',' delimiter: line 1 column 7 (char 6)"],
  ['[1.]', "Expecting ',' delimiter: line 1 column 3 (char 2)"],
  ['[1e+]', "Expecting ',' delimiter: line 1 column 3 (char 2)"],
  ['[[1,2}', "Expecting ',' delimiter: line 1 column 6 (char 5)"],
  ['{"k":[1}', "Expecting ',' delimiter: line 1 column 8 (char 7)"],
  ['{"k":"v', 'Unterminated string starting at: line 1 column 6 (char 5)'],
  ['{"k', 'Unterminated string starting at: line 1 column 2 (char 1)'],
  ['["\\', 'Unterminated string starting at: line 1 column 2 (char 1)'],
  ['{"k":"\\x"}', 'Invalid \\escape: line 1 column 7 (char 6)'],
  ['["\\u00g0"]', 'Invalid \\uXXXX escape: line 1 column 4 (char 3)'],
  ['["\\u12"]', 'Invalid \\uXXXX escape: line 1 column 4 (char 3)'],
  ['"\\u1234', 'Invalid \\uXXXX escape: line 1 column 3 (char 2)'],
  ['["\\ud83d\\u12"]', 'Invalid \\uXXXX escape: line 1 column 10 (char 9)'],
  ['["a\nb"]', 'Invalid control character at: line 1 column 4 (char 3)'],
  ['["\0"]', 'Invalid control character at: line 1 column 3 (char 2)'],
  ['{}{}', 'Extra data: line 1 column 3 (char 2)'],
  ['{} x', 'Extra data: line 1 column 4 (char 3)'],
  ['1e', 'Extra data: line 1 column 2 (char 1)'],
  ['[]]', 'Extra data: line 1 column 3 (char 2)'],
  ['[NaN]', "Out of range float values are not JSON compliant: 'NaN'"],
  ['{"k":Infinity}', "Out of range float values are not JSON compliant: 'Infinity'"],
  ['-Infinity', "Out of range float values are not JSON compliant: '-Infinity'"],
  ['\uFEFF{}', 'Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)'],
]

for (const [text, message] of faults) {
  test(`${JSON.stringify(text)} is refused: ${message}`, () => assert.equal(faultOf(text), message))
}

test('columns and offsets count code points, not UTF-16 units', () => {
  const expected = 'Expecting property name enclosed in double quotes: line 2 column 6 (char 12)'
  assert.equal(faultOf('{"😀é":\n"😀", x}'), expected)
})

test('of two faults the first one is told', () => {
  assert.equal(faultOf('[NaN, x'), "Out of range float values are not JSON compliant: 'NaN'")
  assert.equal(faultOf('[x, NaN]'), 'Expecting value: line 1 column 2 (char 1)')
})

test('of a repeated key the last one counts', () => {
  assert.deepEqual(parseJson('{"k":1,"k":2}'), { k: 2 })
})

// GHSA-462x-c3jw-7vr6: keys of a body reached Object.prototype.
test('a key __proto__ at the top is refused, however it is escaped', () => {
  assert.equal(faultOf('{"__proto__":{"x":1}}'), "The key '__proto__' is not allowed")
  assert.equal(faultOf('{"\\u005f_proto__":1}'), "The key '__proto__' is not allowed")
  assert.equal(Reflect.get({}, 'x'), undefined)
})

test('a key __proto__ further down stays a plain key', () => {
  const value = parseJson('{"k":{"__proto__":1}}')
  assert.equal(JSON.stringify(value), '{"k":{"__proto__":1}}')
})

// CVE-2026-32944: depth ended the process.
test('sixty thousand open brackets are refused like any other fault', () => {
  assert.equal(faultOf('['.repeat(60_000)), 'Expecting value: line 1 column 60001 (char 60000)')
  assert.match(faultOf('{"k":'.repeat(12_000)), /^Expecting value: line 1 column 60001 /)
  assert.match(faultOf(`${'['.repeat(30_000)}${']'.repeat(30_001)}`), /^Extra data: /)
})

test('thirty thousand closed brackets are valid', () => {
  assert.ok(Array.isArray(parseJson('['.repeat(30_000) + ']'.repeat(30_000))))
})

const PLACE = /: line \d+ column \d+ \(char \d+\)$/
const OUT_OF_RANGE = /^Out of range float values are not JSON compliant: '(NaN|-?Infinity)'$/

/** What parseJson promises about any text, with JSON.parse as the judge of what is JSON. */
function agreesWithTheEngine(text: string): void {
  let expected: unknown
  try {
    expected = JSON.parse(text)
  } catch {
    const message = faultOf(text)
    assert.ok(PLACE.test(message) || OUT_OF_RANGE.test(message), `${JSON.stringify(text)}: ${message}`)
    return
  }
  const hasPrototypeKey = expected !== null && typeof expected === 'object' && Object.hasOwn(expected, '__proto__')
  if (hasPrototypeKey) assert.match(faultOf(text), /__proto__/)
  else assert.deepEqual(parseJson(text), expected)
}

test('every JSON text comes out as the engine reads it', () => {
  fc.assert(fc.property(fc.json({ stringUnit: 'grapheme' }), agreesWithTheEngine))
})

const anyText = fc.oneof(
  fc.string(),
  fc.uint16Array().map((units) => String.fromCharCode(...units)),
)

test('any text is either read or refused with a place in it', () => {
  fc.assert(fc.property(anyText, agreesWithTheEngine))
})

test('a damaged JSON text is either read or refused with a place in it', () => {
  const piece = fc.constantFrom(
    '',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u1',
    '0',
    '-',
    '.',
    'e',
    'NaN',
    '\n',
    'x',
  )
  const damaged = fc.tuple(fc.json(), fc.nat(), piece, fc.nat(2)).map(([text, place, put, taken]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + put + text.slice(at + taken)
  })
  fc.assert(fc.property(damaged, agreesWithTheEngine), { numRuns: 500 })
})
