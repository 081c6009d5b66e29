import assert from 'node:assert/strict'
import { it } from 'node:test'
import { backOffMs, pause } from './pause.ts'

it('pauses double up to a limit, and no two are the same', () => {
  for (const [failures, whole] of [
    [0, 500],
    [1, 1000],
    [4, 8000],
    [5, 10_000],
    [1e9, 10_000],
  ] as const) {
    const waits = Array.from({ length: 200 }, () => backOffMs(failures, 10_000))
    assert.ok(waits.every((wait) => wait >= whole / 2 && wait <= whole))
    assert.ok(new Set(waits).size > 100)
  }
})

it('a pause ends at once when the signal says stop, also when it has said so before', async () => {
  const controller = new AbortController()
  const startedAt = performance.now()
  const pausing = pause(60_000, controller.signal)
  controller.abort()
  await pausing
  await pause(60_000, controller.signal)
  assert.ok(performance.now() - startedAt < 1000)
})
