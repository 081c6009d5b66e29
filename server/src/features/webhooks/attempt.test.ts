import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type Next, nextOf } from './attempt.ts'

const NOW = Date.UTC(2026, 10, 25)
const HOUR = 3_600_000
const again = (ms: number, holdMs?: number): Next => ({
  kind: 'again',
  at: NOW + ms,
  ...(holdMs !== undefined && { holdUntil: NOW + holdMs }),
})

const rows: [title: string, answer: Answer, attempts: number, next: Next][] = [
  ['200 is delivered', { status: 200 }, 1, { kind: 'delivered' }],
  ['204 is delivered, also at last', { status: 204 }, 10, { kind: 'delivered' }],
  ['after the first failure: 5 seconds', { status: 500 }, 1, again(5_000)],
  ['after the second: 5 minutes', { failure: 'timeout' }, 2, again(300_000)],
  ['after the ninth: a day', { failure: 'unreachable' }, 9, again(24 * HOUR)],
  ['after the tenth: dead', { status: 500 }, 10, { kind: 'dead', isGone: false }],
  ['a redirect is a failure', { status: 302 }, 1, again(5_000)],
  ['so is a refusal', { status: 400 }, 3, again(HOUR / 2)],
  ['410: gone, at once', { status: 410 }, 1, { kind: 'dead', isGone: true }],
  ['429 without a time holds a moment', { status: 429 }, 1, again(5_000, 5_000)],
  ['429 with a time holds so long', { status: 429, retryAfter: '120' }, 1, again(120_000, 120_000)],
  ['503 with a date', { status: 503, retryAfter: new Date(NOW + HOUR).toUTCString() }, 1, again(HOUR, HOUR)],
  ['the schedule may be longer', { status: 429, retryAfter: '1' }, 4, again(2 * HOUR, 5_000)],
  ['nobody holds us for more than a day', { status: 429, retryAfter: '999999999' }, 1, again(24 * HOUR, 24 * HOUR)],
  ['nonsense is no time', { status: 429, retryAfter: 'soon' }, 1, again(5_000, 5_000)],
  ['Retry-After of a plain failure is not looked at', { status: 500, retryAfter: '120' }, 1, again(5_000)],
]
for (const [title, answer, attempts, next] of rows) {
  test(title, () => assert.deepEqual(nextOf(answer, attempts, NOW, 0), next))
}

test('pauses differ by up to a tenth', () => {
  assert.deepEqual(nextOf({ status: 500 }, 2, NOW, 1), again(330_000))
})
