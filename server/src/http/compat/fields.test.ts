import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Field,
  fieldsSchema,
  loginFields,
  logoutFields,
  readFields,
  refreshFields,
  registerFields,
  strip,
  verifyFields,
} from './fields.ts'

const REQUIRED = ['This field is required.']
const NULL = ['This field may not be null.']
const BLANK = ['This field may not be blank.']
const NO_TEXT = ['Not a valid string.']
const NO_EMAIL = ['Enter a valid email address.']
const NUL = 'Null characters are not allowed.'
const longerThan = (length: number) => `Ensure this field has no more than ${length} characters.`

const ann = { email: 'ann@example.com', password: 'Str0ng-pass' }
const longEmail = (length: number) => `${'l'.repeat(length - 12)}@example.com`

type Case = [why: string, fields: readonly Field[], data: Record<string, unknown>, outcome: Record<string, unknown>]

const accepted: Case[] = [
  [
    'a full registration',
    registerFields,
    { ...ann, first_name: 'Ann', last_name: 'Lee' },
    { ...ann, first_name: 'Ann', last_name: 'Lee' },
  ],
  ['a registration without names has empty ones', registerFields, ann, { ...ann, first_name: '', last_name: '' }],
  [
    'names may be blank',
    registerFields,
    { ...ann, first_name: '', last_name: ' \t ' },
    { ...ann, first_name: '', last_name: '' },
  ],
  [
    'names are trimmed before they are measured',
    registerFields,
    { ...ann, first_name: `  ${'n'.repeat(30)}\n` },
    { ...ann, first_name: 'n'.repeat(30), last_name: '' },
  ],
  [
    'characters outside the first plane count once',
    registerFields,
    { ...ann, first_name: '😀'.repeat(30) },
    { ...ann, first_name: '😀'.repeat(30), last_name: '' },
  ],
  [
    'an e-mail address is trimmed and keeps its case',
    loginFields,
    { ...ann, email: '\u0085 Ann@Example.com\n' },
    { ...ann, email: 'Ann@Example.com' },
  ],
  ['a password is taken as typed', loginFields, { ...ann, password: ' pw\u00A0' }, { ...ann, password: ' pw\u00A0' }],
  [
    '128 characters are not too long for a password',
    registerFields,
    { ...ann, password: '😀'.repeat(128) },
    { ...ann, password: '😀'.repeat(128), first_name: '', last_name: '' },
  ],
  [
    '254 characters are not too long for an e-mail address',
    registerFields,
    { ...ann, email: longEmail(254) },
    { ...ann, email: longEmail(254), first_name: '', last_name: '' },
  ],
  [
    'login knows no longest password',
    loginFields,
    { ...ann, password: 'p'.repeat(5000) },
    { ...ann, password: 'p'.repeat(5000) },
  ],
  [
    'login takes an e-mail address that is too long to be registered',
    loginFields,
    { ...ann, email: longEmail(255) },
    { ...ann, email: longEmail(255) },
  ],
  ['fields that are not in the table are ignored', loginFields, { ...ann, is_superuser: true, id: null }, ann],
  ['a token is trimmed', verifyFields, { token: ' a.b.c\n' }, { token: 'a.b.c' }],
  ['a token may be huge', verifyFields, { token: 'e'.repeat(60_000) }, { token: 'e'.repeat(60_000) }],
  ['logout takes a refresh token', logoutFields, { refresh: 'a.b.c' }, { refresh: 'a.b.c' }],
]

for (const [why, fields, data, values] of accepted) {
  test(`accepted: ${why}`, () => assert.deepEqual(readFields(fields, data), { values }))
}

const refused: Case[] = [
  ['nothing', registerFields, {}, { email: REQUIRED, password: REQUIRED }],
  [
    'null everywhere',
    registerFields,
    { email: null, password: null, first_name: null, last_name: null },
    { email: NULL, password: NULL, first_name: NULL, last_name: NULL },
  ],
  ['blanks', loginFields, { email: ' \u2003', password: '\x1F\u3000' }, { email: BLANK, password: BLANK }],
  [
    'an empty address and an empty password',
    loginFields,
    { email: '', password: '' },
    { email: BLANK, password: BLANK },
  ],
  [
    'truth values',
    registerFields,
    { email: true, password: false, first_name: true },
    { email: NO_EMAIL, password: NO_TEXT, first_name: NO_TEXT },
  ],
  ['lists', loginFields, { email: [], password: ['x'] }, { email: NO_EMAIL, password: NO_TEXT }],
  ['objects', loginFields, { email: {}, password: { $regex: '.' } }, { email: NO_EMAIL, password: NO_TEXT }], // CVE-2026-32248
  ['numbers as an address', loginFields, { ...ann, email: 1.5 }, { email: NO_EMAIL }],
  ['no address', loginFields, { ...ann, email: 'ann' }, { email: NO_EMAIL }],
  ['an address too long to store', registerFields, { ...ann, email: longEmail(255) }, { email: [longerThan(254)] }],
  [
    'what is too long and no address',
    registerFields,
    { ...ann, email: 'x'.repeat(255) },
    { email: [longerThan(254), ...NO_EMAIL] },
  ],
  ['a long password', registerFields, { ...ann, password: '😀'.repeat(129) }, { password: [longerThan(128)] }],
  [
    'a password that is too long with the spaces around it',
    registerFields,
    { ...ann, password: `${'p'.repeat(128)} ` },
    { password: [longerThan(128)] },
  ],
  [
    'long names',
    registerFields,
    { ...ann, first_name: 'n'.repeat(31), last_name: '😀'.repeat(31) },
    { first_name: [longerThan(30)], last_name: [longerThan(30)] },
  ],
  [
    'null characters',
    loginFields,
    { email: 'a\0@example.com', password: 'p\0w' },
    { email: [NUL, ...NO_EMAIL], password: [NUL] },
  ],
  [
    'lone surrogates',
    loginFields,
    { email: 'a\uD800@example.com', password: 'a\uDFFFb' },
    {
      email: ['Surrogate characters are not allowed: U+D800.', ...NO_EMAIL],
      password: ['Surrogate characters are not allowed: U+DFFF.'],
    },
  ],
  [
    'the byte order mark before an address',
    loginFields,
    { ...ann, email: '\uFEFFann@example.com' },
    { email: NO_EMAIL },
  ],
  ['no token', verifyFields, { access: 'a.b.c' }, { token: REQUIRED }],
  ['a token that is null', verifyFields, { token: null }, { token: NULL }],
  ['a blank token', refreshFields, { refresh: '   ' }, { refresh: BLANK }],
  ['a number that stayed one', verifyFields, { token: 1 }, { token: NO_TEXT }],
  ['a token that is no text', logoutFields, { refresh: {} }, { refresh: NO_TEXT }],
  ['a token with a null character', verifyFields, { token: 'a\0.b.c' }, { token: [NUL] }],
]

for (const [why, fields, data, errors] of refused) {
  test(`refused: ${why}`, () => {
    const read = readFields(fields, data)
    assert.ok('errors' in read)
    assert.deepEqual(read.errors, errors)
  })
}

test('errors come in the order of the table, whatever the order of the request', () => {
  const read = readFields(registerFields, { last_name: null, password: null, first_name: null, email: null })
  assert.ok('errors' in read)
  assert.deepEqual(Object.keys(read.errors), ['email', 'password', 'first_name', 'last_name'])
})

test('the right fields are told beside the wrong ones', () => {
  const read = readFields(loginFields, { email: ' ann@example.com', password: '' })
  assert.deepEqual(read, { errors: { password: BLANK }, valid: { email: 'ann@example.com' } })
})

test('the values are typed by the table', () => {
  const read = readFields(loginFields, ann)
  assert.ok('values' in read)
  const values: { email: string; password: string } = read.values
  assert.deepEqual(values, ann)
})

test('any data is read or refused, never anything else', () => {
  const data = fc.record({ email: fc.anything(), password: fc.anything() }, { requiredKeys: [] })
  fc.assert(
    fc.property(data, ({ email, password }) => {
      const read = readFields(loginFields, JSON.parse(JSON.stringify({ email, password })))
      assert.ok('values' in read || Object.values(read.errors).every((faults) => faults.length > 0))
    }),
  )
})

// Python: [hex(c) for c in range(0x110000) if chr(c).isspace()]
const WHITE_SPACE = new Set([
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
  0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
])

test('strip takes off what Python calls white space, of every UTF-16 unit', () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit)
    const expected = WHITE_SPACE.has(unit) ? 'x' : `${character}x${character}`
    assert.equal(strip(`${character}x${character}`), expected, unit.toString(16))
  }
})

test('strip leaves the middle alone and takes everything around it', () => {
  const space = fc.string({ unit: fc.constantFrom(...[...WHITE_SPACE].map((unit) => String.fromCharCode(unit))) })
  const word = fc.string({ minLength: 1 }).map((text) => `x${text}x`)
  fc.assert(
    fc.property(space, word, space, (before, text, after) => {
      assert.equal(strip(before + text + after), text)
      assert.equal(strip(before + after), '')
    }),
  )
})

test('the schema of a table names kinds, lengths and what is required', () => {
  assert.deepEqual(fieldsSchema(registerFields), {
    type: 'object',
    required: ['email', 'password'],
    properties: {
      email: { type: 'string', format: 'email', minLength: 1, maxLength: 254 },
      password: { type: 'string', minLength: 1, maxLength: 128 },
      first_name: { type: 'string', maxLength: 30 },
      last_name: { type: 'string', maxLength: 30 },
    },
  })
  assert.deepEqual(fieldsSchema(verifyFields).properties, { token: { type: 'string', minLength: 1 } })
})
