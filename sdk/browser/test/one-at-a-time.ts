import assert from 'node:assert/strict'
import type { Site } from './site.ts'

const GIVEN_UP_MS = 3_000 // the client does not wait longer for an answer, and asks again

/** No refresh began before the one before had been answered. */
export function assertOneAtATime(site: Site): void {
  const refreshes = site.refreshes()
  const overlaps = refreshes.filter(({ at }, index) => {
    const before = refreshes[index - 1]
    return before && at < before.endedAt && at - before.at < GIVEN_UP_MS
  })
  assert.deepEqual(
    overlaps.map(({ at }) => at),
    [],
    'refreshes at the same time',
  )
}
