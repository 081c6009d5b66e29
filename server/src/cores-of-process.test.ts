import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coresOfProcess } from './cores-of-process.ts'

const rows: readonly (readonly [cores: number, processes: number, cores: number])[] = [
  [1, 1, 1],
  [2, 1, 2],
  [2, 2, 1],
  [4, 1, 4],
  [4, 2, 2],
  [4, 3, 1],
  [5, 2, 2],
  [8, 3, 2],
  [64, 64, 1],
  [1, 2, 1],
  [2, 16, 1],
]
for (const [cores, processes, expected] of rows) {
  test(`of ${cores} cores each of ${processes} processes hashes on ${expected}`, () => {
    assert.equal(coresOfProcess(cores, processes), expected)
    if (processes <= cores) assert.ok(processes * expected <= cores, 'more hashes than cores')
  })
}
