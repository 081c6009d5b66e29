import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILE, MultipartError, parseMultipart } from './multipart.ts'

const part = (disposition: string, value: string): string =>
  `--cut\r\nContent-Disposition: ${disposition}\r\n\r\n${value}\r\n`
const field = (name: string, value: string): string => part(`form-data; name="${name}"`, value)
const CUT = 'multipart/form-data; boundary=cut'

const bodies: [why: string, text: string, fields: Record<string, unknown>][] = [
  [
    'fields come out by name',
    `${field('email', 'a@b.co')}${field('password', 'pw')}--cut--\r\n`,
    { email: 'a@b.co', password: 'pw' },
  ],
  ['of a repeated name the last one counts', `${field('k', '1')}${field('k', '2')}--cut--`, { k: '2' }],
  ['a value keeps its line breaks, spaces and dashes', `${field('k', ' a\r\n--b\r\n')}--cut--`, { k: ' a\r\n--b\r\n' }],
  ['an empty value is a value', `${field('k', '')}--cut--`, { k: '' }],
  ['what stands before and after is ignored', `hello\r\n${field('k', 'v')}--cut--\r\n${field('k', 'x')}`, { k: 'v' }],
  [
    'a body without an end is read as far as it goes',
    '--cut\r\nContent-Disposition: form-data; name="k"\r\n\r\nv',
    { k: 'v' },
  ],
  ['a name needs no quotes', `${part('form-data; name=k', 'v')}--cut--`, { k: 'v' }],
  [
    'header names and parameters are read in any case',
    '--cut\r\nX-A: b\r\ncontent-DISPOSITION:form-data;NAME="k"\r\n\r\nv\r\n--cut--',
    { k: 'v' },
  ],
  [
    'a file is no text, whatever is in it',
    `${part('form-data; name="k"; filename="f.txt"', 'v')}${field('l', 'w')}--cut--`,
    { k: FILE, l: 'w' },
  ],
  [
    'a file with an extended name is no text',
    `${part("form-data; name=k; filename*=UTF-8''f", 'v')}--cut--`,
    { k: FILE },
  ],
  [
    'a file comes before a text of its name',
    `${part('form-data; name=k; filename=f', 'v')}${field('k', 'w')}--cut--`,
    { k: FILE },
  ],
  ['a file that nobody chose is left out', `${part('form-data; name="k"; filename=""', '')}--cut--`, {}],
  ['a part without a name is left out', `${part('form-data', 'v')}--cut--`, {}],
  ['a part without headers is left out', '--cut\r\n\r\nv\r\n--cut--', {}],
  [
    'a part that never gets to its value is left out',
    '--cut\r\nContent-Disposition: form-data; name="k"\r\n--cut--',
    {},
  ],
  ['another boundary yields nothing', '--other\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n--other--', {}],
  ['text of another kind yields nothing', 'not multipart', {}],
]

for (const [why, text, fields] of bodies) test(why, () => assert.deepEqual(parseMultipart(text, CUT), fields))

test('the boundary may stand in quotes and behind other parameters', () => {
  const contentType = 'Multipart/Form-Data; charset=utf-8; BOUNDARY="cut"'
  assert.deepEqual(parseMultipart(`${field('k', 'v')}--cut--`, contentType), { k: 'v' })
})

const boundaries: [contentType: string, shown: string][] = [
  ['multipart/form-data', 'None'],
  ['multipart/form-data; boundary=', ''],
  ['multipart/form-data; boundary=é', 'é'],
  [`multipart/form-data; boundary=${'b'.repeat(202)}`, 'b'.repeat(202)],
]

for (const [contentType, shown] of boundaries) {
  test(`${contentType.slice(0, 40)} has no usable boundary`, () => {
    const expected = new MultipartError(`Invalid boundary in multipart: ${shown}`)
    assert.throws(() => parseMultipart('--\r\n\r\n', contentType), expected)
  })
}

// CVE-2026-48795: nested multipart names reached Object.prototype.
test('a field named __proto__ is a field and nothing more', () => {
  const fields = parseMultipart(`${field('__proto__', 'v')}${field('a[__proto__][x]', 'w')}--cut--`, CUT)
  assert.deepEqual(Object.keys(fields), ['__proto__', 'a[__proto__][x]'])
  assert.equal(Object.getPrototypeOf(fields), Object.prototype)
  assert.equal(Reflect.get({}, 'x'), undefined)
})
