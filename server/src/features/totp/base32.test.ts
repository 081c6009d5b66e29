import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase32, READABLE_ALPHABET, STANDARD_ALPHABET, toBase32 } from './base32.ts'

// RFC 4648 §10, without the padding, which code apps do not want.
const vectors = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
] as const
for (const [text, encoded] of vectors) {
  test(`RFC 4648 §10: "${text}" is ${encoded || 'nothing'}`, () => {
    assert.equal(toBase32(Buffer.from(text)), encoded)
    assert.equal(fromBase32(encoded)?.toString(), text)
  })
}

test('it is read as people write it, and what is none is not', () => {
  assert.equal(fromBase32('mzxw 6ytb oi======')?.toString(), 'foobar')
  for (const text of ['MZXW1', 'MZXW6YTBO!', 'ＭＺ']) assert.equal(fromBase32(text), undefined)
})

test('20 bytes are 32 characters', () => {
  assert.equal(toBase32(Buffer.alloc(20, 0xff)), '7'.repeat(32))
})

test('both alphabets have 32 characters, and the readable one none that is taken for another', () => {
  for (const alphabet of [STANDARD_ALPHABET, READABLE_ALPHABET]) assert.equal(new Set(alphabet).size, 32)
  assert.doesNotMatch(READABLE_ALPHABET, /[IO01]/)
})
