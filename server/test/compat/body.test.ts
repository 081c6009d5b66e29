/** How the five endpoints read what they are sent: JSON, form or multipart by content type, faults in the old words. */
import { test } from 'node:test'
import { expectJson } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import { type Fields, missing, prepareRequests } from './good-request.ts'

const FORM = 'application/x-www-form-urlencoded'
const BOUNDARY = 'XBOUNDX'
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`

/** A way to write fields down. */
type Writing = readonly [title: string, contentType: string, write: (fields: Fields) => string]

const writings: readonly Writing[] = [
  ['JSON', 'application/json', json],
  ['JSON with a charset', 'application/json; charset=utf-8', json],
  ['JSON with a charset in capitals', 'application/json;charset=UTF-8', json],
  ['JSON with an unknown parameter', 'application/json; foo=bar', json],
  ['JSON in capitals', 'Application/JSON', json],
  ['JSON as anything', '*/*', json],
  ['JSON as any application', 'application/*', json],
  ['JSON with escapes', 'application/json', (fields) => json(fields).replace(/[a-z]/g, escaped)],
  ['JSON over many lines', 'application/json', (fields) => ` \r\n\t${JSON.stringify(fields, null, 4)}\n `],
  [
    'JSON whose keys are repeated, the last ones',
    'application/json',
    (fields) => `{${repeated(fields).map(jsonPair)}}`,
  ],
  ['a form', FORM, (fields) => String(new URLSearchParams(fields))],
  ['a form without plus signs', FORM, (fields) => String(new URLSearchParams(fields)).replaceAll('+', '%20')],
  ['a form whose keys are repeated, the last ones', FORM, (fields) => repeated(fields).map(formPair).join('&')],
  ['a form with keys that nobody knows', FORM, (fields) => `?a=b&__proto__=x&${new URLSearchParams(fields)}&=`],
  ['multipart', MULTIPART, multipart],
  ['multipart with a quoted boundary', `Multipart/Form-Data; boundary="${BOUNDARY}"`, multipart],
]

/** What is said about JSON that cannot be read: the words of Python. */
const unreadable: readonly [body: string, fault: string][] = [
  ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{"a":1,}', 'Expecting property name enclosed in double quotes: line 1 column 8 (char 7)'],
  ["{'a':1}", 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{a:1}', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
  ['{"a":1 "b":2}', "Expecting ',' delimiter: line 1 column 8 (char 7)"],
  ['{"a":01}', "Expecting ',' delimiter: line 1 column 7 (char 6)"],
  ['{"a":}', 'Expecting value: line 1 column 6 (char 5)'],
  ['{"a":+1}', 'Expecting value: line 1 column 6 (char 5)'],
  ['nope', 'Expecting value: line 1 column 1 (char 0)'],
  ['True', 'Expecting value: line 1 column 1 (char 0)'],
  ['  ', 'Expecting value: line 1 column 3 (char 2)'],
  ['\u00a0{}', 'Expecting value: line 1 column 1 (char 0)'],
  ['[', 'Expecting value: line 1 column 2 (char 1)'],
  ['[1,]', 'Expecting value: line 1 column 4 (char 3)'],
  ['{}{}', 'Extra data: line 1 column 3 (char 2)'],
  ['{"email":"a', 'Unterminated string starting at: line 1 column 10 (char 9)'],
  ['{"a":"b\nc"}', 'Invalid control character at: line 1 column 8 (char 7)'],
  ['{"a":"\\x"}', 'Invalid \\escape: line 1 column 7 (char 6)'],
  ['{"a":"\\u12"}', 'Invalid \\uXXXX escape: line 1 column 8 (char 7)'],
  ['{"a":NaN}', "Out of range float values are not JSON compliant: 'NaN'"],
  ['{"a":-Infinity}', "Out of range float values are not JSON compliant: '-Infinity'"],
  ['{\n  "a": 1,\n  b\n}', 'Expecting property name enclosed in double quotes: line 3 column 3 (char 14)'],
  ['{"é": "😀", x}', 'Expecting property name enclosed in double quotes: line 1 column 12 (char 11)'],
  ['\ufeff{}', 'Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)'],
]

const noObjects: readonly [body: string, said: string][] = [
  ['null', 'No data provided'],
  ['true', 'Invalid data. Expected a dictionary, but got bool.'],
  ['1', 'Invalid data. Expected a dictionary, but got int.'],
  ['1.5', 'Invalid data. Expected a dictionary, but got float.'],
  ['""', 'Invalid data. Expected a dictionary, but got str.'],
  ['[]', 'Invalid data. Expected a dictionary, but got list.'],
  ['[{}]', 'Invalid data. Expected a dictionary, but got list.'],
]

/**
 * CVE-2022-41919, CVE-2026-33806, CVE-2026-25223, CVE-2026-3419: a content type of another kind, or one that looks like ours, must
 * not bring a body past the checks.
 */
const notUnderstood: readonly (string | undefined)[] = [
  'text/plain',
  'text/plain; application/json',
  'text/json',
  'application/xml',
  'application/jsonx',
  'application/json\ta',
  'application/json garbage',
  'application/json, text/plain',
  'application /json',
  'application/vnd.api+json',
  'application/octet-stream',
  'garbage',
  '',
  undefined,
]

test('each endpoint', async (t) => {
  const s = await startServer(t)
  const goodRequests = await prepareRequests(s)

  for (const [title, contentType, write] of writings) {
    await t.test(`reads ${title}`, async () => {
      for (const { path, fields, expectGood } of await goodRequests()) {
        expectGood(await s.post(path, write(fields), { 'content-type': contentType }))
      }
    })
  }

  await t.test('divergence: reads a body in chunks', async () => {
    for (const { path, fields, expectGood } of await goodRequests()) {
      expectGood(await s.post(path, fields, { 'content-length': undefined, 'transfer-encoding': 'chunked' }))
    }
  })

  await t.test('says in the words of Python what is wrong with JSON', async () => {
    for (const { path } of await goodRequests()) {
      for (const [body, fault] of unreadable) {
        expectJson(await s.post(path, body), 400, { detail: `JSON parse error - ${fault}` })
      }
    }
  })

  await t.test('divergence: takes no key that could set a prototype (CVE-2026-48795)', async () => {
    for (const { path, fields } of await goodRequests()) {
      const answer = await s.post(path, json(fields).replace('{', '{"__proto__":{"x":1},'))
      expectJson(answer, 400, { detail: "JSON parse error - The key '__proto__' is not allowed" })
    }
  })

  await t.test('wants an object', async () => {
    for (const { path } of await goodRequests()) {
      for (const [body, said] of noObjects) expectJson(await s.post(path, body), 400, { non_field_errors: [said] })
    }
  })

  await t.test('says which fields are missing when there is no body, of whatever type', async () => {
    for (const { endpoint, path } of await goodRequests()) {
      for (const contentType of ['application/json', FORM, MULTIPART, ...notUnderstood, 'a/b/c', '/json', 'x/y, z']) {
        expectJson(await s.post(path, '', { 'content-type': contentType }), 400, missing[endpoint])
      }
      expectJson(await s.ask({ method: 'POST', path }), 400, missing[endpoint])
    }
  })

  for (const contentType of notUnderstood) {
    await t.test(
      `does not understand ${contentType ? JSON.stringify(contentType) : 'a body without a type'}`,
      async () => {
        for (const { path, fields } of await goodRequests()) {
          const answer = await s.post(path, fields, { 'content-type': contentType })
          expectJson(answer, 415, { detail: `Unsupported media type "${contentType ?? ''}" in request.` })
        }
      },
    )
  }

  await t.test('finds no fields in JSON that is sent as a form', async () => {
    for (const { endpoint, path, fields } of await goodRequests()) {
      expectJson(await s.post(path, fields, { 'content-type': FORM }), 400, missing[endpoint])
    }
  })

  await t.test('takes no file of multipart for text, and wants its boundary', async () => {
    for (const { endpoint, path, fields } of await goodRequests()) {
      const body = multipart(fields)
      const files = body.replaceAll('; name=', '; filename="x"; name=')
      expectJson(await s.post(path, files, { 'content-type': MULTIPART }), 400, noTexts(fields))
      const notChosen = body.replaceAll('; name=', '; filename=""; name=')
      expectJson(await s.post(path, notChosen, { 'content-type': MULTIPART }), 400, missing[endpoint])
      const without = await s.post(path, body, { 'content-type': 'multipart/form-data' })
      expectJson(without, 400, { detail: 'Multipart form parse error - Invalid boundary in multipart: None' })
    }
  })
})

function noTexts(fields: Fields): Record<string, string[]> {
  const saidOf = (name: string) => (name === 'email' ? 'Enter a valid email address.' : 'Not a valid string.')
  return Object.fromEntries(Object.keys(fields).map((name) => [name, [saidOf(name)]]))
}

function json(fields: Fields): string {
  return JSON.stringify(fields)
}

function multipart(fields: Fields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return `${parts.join('')}--${BOUNDARY}--\r\n`
}

type Entry = [name: string, value: string]

function repeated(fields: Fields): Entry[] {
  return Object.entries(fields).flatMap(([name, value]): Entry[] => [
    [name, 'first'],
    [name, value],
  ])
}

function jsonPair([name, value]: Entry): string {
  return `${JSON.stringify(name)}:${JSON.stringify(value)}`
}

function formPair([name, value]: Entry): string {
  return `${name}=${encodeURIComponent(value)}`
}

function escaped(letter: string): string {
  return `\\u00${letter.charCodeAt(0).toString(16)}`
}
