import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRepeatable } from './authorized-fetch.ts'

const url = new URL('https://api.example.com/things')
const post = (body: string | null) => new Request(url, { method: 'POST', body })

const cases: [what: string, target: URL | Request, init: RequestInit | undefined, isRepeatable: boolean][] = [
  ['a plain request', url, undefined, true],
  ['a text', url, { method: 'POST', body: 'note' }, true],
  ['a form', url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) }, true],
  ['a file', url, { method: 'POST', body: new Blob(['note']) }, true],
  ['a stream', url, { method: 'POST', body: new Blob(['note']).stream(), duplex: 'half' } as RequestInit, false],
  ['a Request without a body', post(null), undefined, true],
  ['a Request with a body', post('note'), undefined, false],
  ['a Request whose body is replaced by a text', post('note'), { body: 'other' }, true],
  ['a Request that gets', new Request(url), undefined, true],
]

for (const [what, target, init, expected] of cases) {
  test(`${what} ${expected ? 'can' : 'cannot'} be sent twice`, () => assert.equal(isRepeatable(target, init), expected))
}
