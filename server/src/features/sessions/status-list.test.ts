import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { encodeStatusList, placeOf, STATUS_LIST_SESSIONS } from './status-list.ts'

/** Which bits are set, read as the draft says (§4.1): from the least significant of each byte on. */
function setBits(lst: string): number[] {
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  return Array.from({ length: bytes.length * 8 }, (_, idx) => idx).filter(
    (idx) => Math.floor((bytes[Math.floor(idx / 8)] ?? 0) / 2 ** (idx % 8)) % 2 === 1,
  )
}

const EXAMPLE = [0, 3, 4, 5, 7, 8, 9, 13, 15]

test('the reader of these tests reads the example of the draft (§4.2)', () => {
  assert.deepEqual(setBits('eNrbuRgAAhcBXQ'), EXAMPLE)
})

test('a list holds exactly the bits that were set', () => {
  const last = STATUS_LIST_SESSIONS - 1
  for (const ended of [[], EXAMPLE, [0], [last], [7, 8, 1000, last]]) {
    assert.deepEqual(setBits(encodeStatusList(ended)), ended)
  }
  assert.equal(inflateSync(Buffer.from(encodeStatusList([]), 'base64url')).length, STATUS_LIST_SESSIONS / 8)
})

test('a list with few bits is small, also where one in a hundred is set', () => {
  assert.ok(encodeStatusList([]).length < 100)
  const scattered = Array.from({ length: 1311 }, (_, n) => (n * 7919 * 13) % STATUS_LIST_SESSIONS)
  assert.ok(encodeStatusList(scattered).length < 6000)
})

test('no two sessions share a place', () => {
  assert.deepEqual(placeOf(0), { list: 0, idx: 0 })
  assert.deepEqual(placeOf(STATUS_LIST_SESSIONS - 1), { list: 0, idx: STATUS_LIST_SESSIONS - 1 })
  assert.deepEqual(placeOf(STATUS_LIST_SESSIONS), { list: 1, idx: 0 })
  assert.deepEqual(placeOf(5 * STATUS_LIST_SESSIONS + 42), { list: 5, idx: 42 })
})
