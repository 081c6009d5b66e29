import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressBar, progressLine } from './progress.ts'

test('a line tells how many of how many are done, how fast, and how long it will take', () => {
  assert.equal(progressLine('users', 45_000, 100_000, 4000), 'users: 45,000 of 100,000, 11,250/s, 5 s left')
  assert.equal(progressLine('users', 1, 200, 1000), 'users: 1 of 200, 1/s, 3 min 19 s left')
  assert.equal(progressLine('users', 1, 7201, 1000), 'users: 1 of 7,201, 1/s, 2 h 0 min left')
})

test('a line that has nothing to measure yet, or nothing left, tells no time', () => {
  assert.equal(progressLine('users', 0, 10, 0), 'users: 0 of 10, 0/s')
  assert.equal(progressLine('users', 10, 10, 1000), 'users: 10 of 10, 10/s')
  assert.equal(progressLine('users', 0, 0, 1000), 'users: 0 of 0, 0/s')
})

test('a bar is as full as the work is done, and full when there is none', () => {
  assert.equal(progressBar(0, 100), `[${'-'.repeat(24)}]`)
  assert.equal(progressBar(50, 100), `[${'#'.repeat(12)}${'-'.repeat(12)}]`)
  assert.equal(progressBar(99, 100), `[${'#'.repeat(23)}-]`)
  assert.equal(progressBar(100, 100), `[${'#'.repeat(24)}]`)
  assert.equal(progressBar(0, 0), `[${'#'.repeat(24)}]`)
})
