import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { before, elapsed, type Reading } from './device-time.ts'

const DAY = 86_400_000
const start: Reading = { steady: 1_000, wall: 1_700_000_000_000 }
const after = (steady: number, wall: number): Reading => ({ steady: start.steady + steady, wall: start.wall + wall })

const cases: [what: string, now: Reading, milliseconds: number][] = [
  ['a minute awake', after(60_000, 60_000), 60_000],
  ['an hour asleep, in which the steady clock stood still', after(10, 3_600_010), 3_600_010],
  ['a wall clock set back by a day', after(60_000, 60_000 - DAY), 60_000],
  ['a wall clock set forward by a day', after(60_000, 60_000 + DAY), 60_000 + DAY],
]

for (const [what, now, milliseconds] of cases) {
  test(`${what}: ${milliseconds} ms have gone by`, () => assert.equal(elapsed(start, now), milliseconds))
}

test('the reading of so long before is so long ago', () => {
  fc.assert(fc.property(fc.nat(DAY), (age) => elapsed(before(start, age), start) === age))
})

test('however the wall clock is set, no time is lost', () => {
  fc.assert(fc.property(fc.nat(DAY), fc.integer(), (steady, wall) => elapsed(start, after(steady, wall)) >= steady))
})
