import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LegacyBodyError, readBody } from './body.ts'

type Answer = { status: number; body: Record<string, unknown> }

function read(contentType: string | undefined, body: string | Buffer): Record<string, unknown> | Answer {
  try {
    return readBody(contentType, Buffer.from(body))
  } catch (error) {
    assert.ok(error instanceof LegacyBodyError, `${error}`)
    return { status: error.status, body: error.body }
  }
}

const JSON_TYPES = [
  'application/json',
  'Application/JSON',
  'application/json; charset=latin1',
  'application/json ;x',
  'application/*',
  '*/*',
]
for (const type of JSON_TYPES) {
  test(`${type} is read as JSON`, () => assert.deepEqual(read(type, '{"k":"é"}'), { k: 'é' }))
}

for (const type of [
  'application/x-www-form-urlencoded',
  'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8',
  '*/x-www-form-urlencoded',
]) {
  test(`${type} is read as a form`, () => assert.deepEqual(read(type, 'k=v'), { k: 'v' }))
}

for (const type of ['multipart/form-data; boundary=X', 'multipart/*; boundary="X"']) {
  test(`${type} is read in parts`, () => {
    assert.deepEqual(read(type, '--X\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n--X--\r\n'), { k: 'v' })
  })
}

test('JSON numbers are read as the text that Python made of them, digit for digit', () => {
  const body = '{"a":12345678901234567890,"b":1.0,"c":[2],"d":"3","e":-0}'
  assert.deepEqual(read('application/json', body), { a: '12345678901234567890', b: '1.0', c: ['2'], d: '3', e: '0' })
})

test('a number beside what is too deep, or longer than Python reads, stays a number', () => {
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  assert.equal((read('application/json', `{"a":1,"b":${deep}}`) as { a: unknown }).a, 1)
  assert.equal(typeof (read('application/json', `{"a":${'1'.repeat(5000)}}`) as { a: unknown }).a, 'number')
})

const OTHER_TYPES = [
  'text/plain',
  'text/json',
  'application/jsonx',
  'application/vnd.api+json',
  'application',
  'json',
  '',
  ' ',
  ';',
  '/',
]
for (const type of OTHER_TYPES) {
  test(`${JSON.stringify(type)} is answered with 415 and repeated as sent`, () => {
    const detail = `Unsupported media type "${type}" in request.`
    assert.deepEqual(read(type, '{}'), { status: 415, body: { detail } })
  })
}

test('a body of no type is answered with 415', () => {
  assert.deepEqual(read(undefined, '{}'), { status: 415, body: { detail: 'Unsupported media type "" in request.' } })
})

test('an empty body has no fields, whatever its type', () => {
  for (const type of [undefined, '', 'application/json', 'text/plain', 'multipart/form-data']) {
    assert.deepEqual(read(type, ''), {})
  }
})

const noObjects: [body: string, sentence: string][] = [
  ['null', 'No data provided'],
  ['[]', 'Invalid data. Expected a dictionary, but got list.'],
  ['"{}"', 'Invalid data. Expected a dictionary, but got str.'],
  ['0', 'Invalid data. Expected a dictionary, but got int.'],
  ['-7', 'Invalid data. Expected a dictionary, but got int.'],
  ['1.0', 'Invalid data. Expected a dictionary, but got float.'],
  ['1E5', 'Invalid data. Expected a dictionary, but got float.'],
  ['1e999', 'Invalid data. Expected a dictionary, but got float.'],
  ['false', 'Invalid data. Expected a dictionary, but got bool.'],
]

for (const [body, sentence] of noObjects) {
  test(`JSON ${body} is no body: ${sentence}`, () => {
    assert.deepEqual(read('application/json', body), { status: 400, body: { non_field_errors: [sentence] } })
  })
}

const unreadable: [type: string, body: string | Buffer, detail: string][] = [
  ['application/json', '{"k":}', 'JSON parse error - Expecting value: line 1 column 6 (char 5)'],
  ['application/json', '{"k":"\\x"}', 'JSON parse error - Invalid \\escape: line 1 column 7 (char 6)'],
  [
    'application/json',
    '\uFEFF{}',
    'JSON parse error - Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)',
  ],
  ['application/json', '{"__proto__":{}}', "JSON parse error - The key '__proto__' is not allowed"],
  ['application/json', Buffer.from('{"k":"é"}', 'latin1'), 'JSON parse error - the body is not valid UTF-8'],
  ['application/json', Buffer.from([0xff, 0xfe, 0x7b]), 'JSON parse error - the body is not valid UTF-8'],
  ['application/x-www-form-urlencoded', Buffer.from('k=é', 'latin1'), 'Form parse error - the body is not valid UTF-8'],
  ['multipart/form-data', '--X', 'Multipart form parse error - Invalid boundary in multipart: None'],
]

for (const [type, body, detail] of unreadable) {
  test(`${JSON.stringify(body.toString())} as ${type} is answered with 400: ${detail}`, () => {
    assert.deepEqual(read(type, body), { status: 400, body: { detail } })
  })
}

const forms: [body: string, fields: Record<string, string>][] = [
  ['a=1&b=2', { a: '1', b: '2' }],
  ['a=1&a=2', { a: '2' }],
  ['a=&b', { a: '', b: '' }],
  ['e=a%40b.co&p=x+y%2Bz', { e: 'a@b.co', p: 'x y+z' }],
  ['?a=1', { '?a': '1' }],
  ['a=1;b=2', { a: '1;b=2' }],
  ['a=b=c', { a: 'b=c' }],
  ['&&a=1&&', { a: '1' }],
  ['a=%zz%', { a: '%zz%' }],
  ['a=%FF', { a: '\uFFFD' }],
  ['a=%C3%A9é', { a: 'éé' }],
  ['{"a":1}', { '{"a":1}': '' }],
]

for (const [body, fields] of forms) {
  test(`the form ${body} has the fields ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(read('application/x-www-form-urlencoded', body), fields)
  })
}

// GHSA-462x-c3jw-7vr6: keys of a body reached Object.prototype.
test('a form field named __proto__ is a field and nothing more', () => {
  const fields = readBody('application/x-www-form-urlencoded', Buffer.from('__proto__=1&constructor=2'))
  assert.deepEqual(Object.entries(fields), [
    ['__proto__', '1'],
    ['constructor', '2'],
  ])
  assert.equal(Object.getPrototypeOf(fields), Object.prototype)
})

const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=X']

const anyText = fc.oneof(
  fc.string(),
  fc.uint16Array().map((units) => String.fromCharCode(...units)),
)

test('any bytes are read as fields or refused as a bad body', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    anyText.map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), bytes, (type, body) => {
      assert.equal(typeof read(type, Buffer.from(body)), 'object')
    }),
  )
})

test('any content type is read or refused', () => {
  fc.assert(
    fc.property(anyText, (type) => {
      assert.equal(typeof read(type, '{}'), 'object')
    }),
  )
})

// CVE-2026-30925 and CVE-2025-25200: crafted bodies and headers cost quadratic time.
const PIECES = [
  '"a":1,',
  '[',
  '{"a":',
  '[],',
  '"',
  '\\',
  '\\u12',
  ' ',
  '\n',
  '1',
  '1e',
  '-',
  '😀',
  '&',
  '=',
  '%',
  '%F',
  'a&',
  '+',
  ';',
  '\r\n',
  '--X\r\n',
  '\r\n--X',
  '\r\n--',
  '--X\r\n\r\n\r\n',
  '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n',
]
const STARTS = ['', '"', '[', '{', '{"a":"', '--X\r\n', '--X\r\nContent-Disposition: form-data;']

for (const type of TYPES) {
  test(`no body of 64 KiB of ${type} takes over 100 ms`, () => {
    for (const start of STARTS) {
      for (const piece of PIECES) {
        const body = start + piece.repeat((65_536 - start.length) / Buffer.byteLength(piece))
        assert.ok(fastest(() => read(type, body)) < 100, `${JSON.stringify(start)} and ${JSON.stringify(piece)}`)
      }
    }
  })
}

test('no content type of 16 KiB takes over 100 ms', () => {
  const body = '-'.repeat(65_536)
  for (const piece of [' ', ';', '/', '=', '"', ';=', '; boundary', '-']) {
    const type = `multipart/form-data;${piece.repeat(16_384 / piece.length)}; boundary=${'-'.repeat(200)}`
    assert.ok(fastest(() => read(type, body)) < 100, piece)
    assert.ok(fastest(() => read(piece.repeat(16_384 / piece.length), body)) < 100, piece)
  }
})

/** Milliseconds of the processor, of the better of two runs: the machine may be busy with something else, or collect garbage. */
function fastest(run: () => unknown): number {
  const times = [0, 0].map(() => {
    const before = process.threadCpuUsage()
    run()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...times)
}
