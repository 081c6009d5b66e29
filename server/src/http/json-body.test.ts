/** What a JSON body of our own routes may be, and what is said about one that is not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { flag, jsonBody, jsonObject, listOfTexts, oneOf, optional, text, wholeNumber } from './json-body.ts'

const body = jsonBody(
  'Example',
  {
    name: text({ most: 5 }),
    kind: optional(oneOf(['a', 'b'])),
    isOn: optional(flag()),
    more: optional(jsonObject()),
    list: optional(listOfTexts({ most: 2 })),
    count: optional(wholeNumber({ most: 9 })),
  },
  { name: 'Ann' },
)

const read = (bytes: string | Buffer, contentType: string | undefined = 'application/json') =>
  body.read({ headers: { 'content-type': contentType }, body: Buffer.from(bytes) } as unknown as FastifyRequest)

test('a body gives its fields, and nothing that is not in the table', () => {
  const nothing = { kind: undefined, isOn: undefined, more: undefined, list: undefined, count: undefined }
  assert.deepEqual(read('{"name":"Ann","admin":true,"__proto__":{"kind":"a"}}'), { name: 'Ann', ...nothing })
  assert.deepEqual(read('{"name":"😀😀😀😀😀","kind":null}'), { name: '😀😀😀😀😀', ...nothing })
  const all = { name: 'x', kind: 'b', isOn: false, more: { fault: 'of its own' }, list: ['a', 'b'], count: 0 }
  assert.deepEqual(read(JSON.stringify(all), 'Application/JSON; charset=utf-8'), all)
})

const refusals: [title: string, bytes: string | Buffer, pointer: string, detail: string][] = [
  ['a field is missing', '{}', '/name', 'is required'],
  ['a field is null', '{"name":null}', '/name', 'must be a text'],
  ['a text is empty', '{"name":""}', '/name', 'must not be empty'],
  ['a text is too long', '{"name":"123456"}', '/name', 'must have at most 5 characters'],
  ['a text is a megabyte', `{"name":"${'x'.repeat(1e6)}"}`, '/name', 'must have at most 5 characters'],
  ['a text holds NUL', '{"name":"a\\u0000"}', '/name', 'must not contain NUL or half of a character pair'],
  ['a text holds half a pair', '{"name":"\\ud800"}', '/name', 'must not contain NUL or half of a character pair'],
  ['a word is none of the list', '{"name":"x","kind":"c"}', '/kind', 'must be one of a, b'],
  ['a flag is a word', '{"name":"x","isOn":"yes"}', '/isOn', 'must be true or false'],
  ['an object is a list', '{"name":"x","more":[]}', '/more', 'must be an object'],
  ['a list is too long', '{"name":"x","list":["1","2","3"]}', '/list', 'must be a list of at most 2 texts'],
  ['a list holds a number', '{"name":"x","list":[1]}', '/list', 'must be a text'],
  ...['-1', '10', '1.5', '"1"', '1e400'].map((count): [string, string, string, string] => {
    return [`a number is ${count}`, `{"name":"x","count":${count}}`, '/count', 'must be a whole number from 0 to 9']
  }),
  ['the body is a list', '[]', '', 'must be a JSON object in UTF-8'],
  ['the body is no JSON', '{"name":', '', 'must be a JSON object in UTF-8'],
  ['the body is 100,000 brackets', '['.repeat(100_000), '', 'must be a JSON object in UTF-8'],
  ['the body is not UTF-8', Buffer.from('{"name":"\xff"}', 'latin1'), '', 'must be a JSON object in UTF-8'],
]
for (const [title, bytes, pointer, detail] of refusals) {
  test(`it is told where it is wrong: ${title}`, () => {
    assert.throws(() => read(bytes), { code: 'malformed-request', facts: { errors: [{ pointer, detail }] } })
  })
}

test('other content types are refused', () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
    assert.throws(() => read('{"name":"x"}', type), { code: 'unsupported-media-type' })
  }
})
