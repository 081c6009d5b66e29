import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomId, randomNonce } from './random.ts'

test('an identifier is 32 hexadecimal characters, and none comes twice, however many are drawn', () => {
  const ids = Array.from({ length: 10_000 }, randomId)
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
  assert.equal(new Set(ids).size, ids.length)
})

test('every bit of an identifier is as often set as not', () => {
  const ids = Array.from({ length: 4096 }, () => BigInt(`0x${randomId()}`))
  for (let bit = 0n; bit < 128n; bit++) {
    const set = ids.filter((id) => (id >> bit) & 1n).length
    assert.ok(Math.abs(set - 2048) < 6.5 * 32, `bit ${bit} is set in ${set} of 4096`) // by chance once in 10^8 runs
  }
})

test('a nonce stays what it was, whatever is drawn after it, and none comes twice', () => {
  const nonces = Array.from({ length: 10_000 }, () => randomNonce(12))
  assert.ok(nonces.every((nonce) => nonce.length === 12))
  assert.equal(new Set(nonces.map((nonce) => nonce.toString('hex'))).size, nonces.length)
})
