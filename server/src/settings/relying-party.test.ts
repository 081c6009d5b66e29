import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relyingPartyOf } from './relying-party.ts'

const none: readonly string[] = []
const rows: [publicUrl: string, id: string | undefined, related: readonly string[], result: string | undefined][] = [
  ['https://auth.example.com', undefined, none, 'auth.example.com'],
  ['https://auth.example.com:8443/base', undefined, none, 'auth.example.com'],
  ['http://localhost:8000', undefined, none, 'localhost'],
  ['https://auth.example.com', 'example.com', none, 'example.com'],
  ['https://auth.example.com', 'auth.example.com', none, 'auth.example.com'],
  ['https://auth.example.com', 'other.example.com', none, undefined],
  ['https://auth.example.com', 'xample.com', none, undefined],
  ['https://auth.example.com', 'deep.auth.example.com', none, undefined],
  ['https://auth.example.com', 'example.net', none, undefined],
  ['https://auth.example.com', 'example.net', ['https://auth.example.com'], 'example.net'],
]
for (const [publicUrl, id, relatedOrigins, result] of rows) {
  const title = `${publicUrl} with the id ${id ?? 'that follows from it'} ${relatedOrigins.length > 0 ? 'that it is related to ' : ''}`
  test(`${title}is ${result ?? 'refused'}`, () => {
    const make = () => relyingPartyOf(publicUrl, { id, name: 'Example', relatedOrigins })
    if (result === undefined) assert.throws(make, TypeError)
    else assert.equal(make().id, result)
  })
}

test('origins are that of the service first, each once, without path', () => {
  const { origins } = relyingPartyOf('https://auth.example.com/base', {
    id: undefined,
    name: 'Example',
    relatedOrigins: ['https://example.net', 'https://auth.example.com'],
  })
  assert.deepEqual(origins, ['https://auth.example.com', 'https://example.net'])
})
