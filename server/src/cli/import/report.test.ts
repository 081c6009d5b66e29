import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReport, leftOutTexts } from './report.ts'

const source = { place: 'id', leftOutTexts: { ...leftOutTexts, 'address-duplicate': 'twice' } } as const
const isNew = (at: number) => ({ at, outcome: { kind: 'new', id: at, changes: [], losses: [] } }) as const

test('a report counts what became of users and tokens', () => {
  const report = createReport(source)
  report.addUsers([
    isNew(1),
    isNew(2),
    { at: 3, outcome: { kind: 'changed', id: 3, changes: ['names', 'hash'], losses: [] } },
  ])
  report.addTokens([
    { id: 1, kind: 'open' },
    { id: 2, kind: 'expired' },
  ])
  const lines = report.toLines({ hasTokens: true })
  for (const line of ['Users: 3 read', '          2  new', '          1    names', 'Refresh tokens: 2 read']) {
    assert.ok(lines.includes(line), line)
  }
  assert.ok(lines.includes('          1  stay signed in'))
  assert.equal(report.isComplete(), true)
})

test('a report gives ten examples of each reason and says when there are more', () => {
  const report = createReport(source)
  for (let at = 1; at <= 11; at++) report.addUsers([{ at, outcome: { kind: 'left-out', reason: 'id-taken' } }])
  report.addUsers([{ at: 12, outcome: { kind: 'left-out', reason: 'address-duplicate', holder: '4' } }])
  const lines = report.toLines({ hasTokens: false })
  assert.ok(lines.includes('      id 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …'))
  assert.ok(lines.includes('      id 12 (address of 4)'))
  assert.ok(lines.includes('         12  left out'))
  assert.equal(report.isComplete(), false)
})

test('a user who is taken over with a loss makes the import incomplete, tokens that are skipped do not', () => {
  const report = createReport(source)
  report.addTokens([
    { id: 1, kind: 'unreadable' },
    { id: 2, kind: 'user-unknown' },
  ])
  assert.equal(report.isComplete(), true)
  report.addUsers([{ at: 1, outcome: { kind: 'new', id: 1, changes: [], losses: ['hash-unknown'] } }])
  assert.equal(report.isComplete(), false)
})

test('a report of a file names lines, and says nothing of tokens', () => {
  const report = createReport({ place: 'line', leftOutTexts: { 'not-json': 'no JSON' } })
  report.addUsers([isNew(1), { at: 2, outcome: { kind: 'left-out', reason: 'not-json' } }])
  const lines = report.toLines({})
  assert.deepEqual(
    lines.filter((line) => /line|no JSON|token/.test(line)),
    ['          1  no JSON', '      line 2'],
  )
})
