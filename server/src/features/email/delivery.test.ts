import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOTICE_LIFETIME_MS, pauseAfter } from './delivery.ts'

test('pauses grow, from seconds to an hour', () => {
  const pauses = Array.from({ length: 30 }, (_, index) => pauseAfter(index + 1))
  assert.deepEqual(
    pauses,
    [...pauses].sort((a, b) => a - b),
  )
  assert.deepEqual([pauses[0], pauses.at(-1)], [10_000, 3_600_000])
})

test('a notice is tried about thirty times in its day', () => {
  let attempts = 0
  for (let passed = 0; passed < NOTICE_LIFETIME_MS; passed += pauseAfter(attempts)) attempts++
  assert.ok(attempts > 20 && attempts < 40, String(attempts))
})
