import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from './ask.ts'
import type { Round } from './measure.ts'
import { isComplete, readOptions } from './options.ts'
import { cpuMsOf, memoryOf } from './processes.ts'
import { writeReport } from './report.ts'
import type { Result } from './result.ts'
import { startService } from './services.ts'
import { judge } from './targets.ts'
import { areEnough, quietest } from './turns.ts'

const round = (perSecond: number, rows = 0): Round => ({
  requests: perSecond,
  seconds: 1,
  perSecond,
  p50Ms: 1,
  p99Ms: 2,
  refused: 0,
  broken: 0,
  appCpuMs: 1,
  databaseCpuMs: 1,
  generatorCpuMs: 1,
  stealPercent: 0,
  othersPercent: 0,
  rows: { session: rows },
})

const result: Result = {
  at: '2026-11-23T00:00:00.000Z',
  commit: 'abc1234',
  machine: { processor: 'a processor', cores: 2, memoryGb: 4, node: 'v26', mariadb: '10.11' },
  settings: { rounds: 3, seconds: 1, processes: 2 },
  scenarios: {
    // The machine slows down by half in the second round: a comparison within each round does not notice.
    verify: { django: [round(100), round(50), round(100)], ours: [round(3000), round(1500), round(2900)] },
    refresh: { django: [round(100)], ours: [round(790, 790)] },
  },
  memory: {},
}

test('the bare server is started, answers, is counted with all its processes and is gone afterwards', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-bench-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const service = await startService('bare', { folder, databaseUrl: '', processes: 2 })
  const answer = await ask(service.address, { method: 'POST', path: '/', body: '{"token":"x"}' })
  const memory = memoryOf(service.pids())
  const cpuMs = cpuMsOf(service.pids())
  await service.stop()
  assert.deepEqual(answer, { status: 200, body: '{}' })
  assert.equal(memory.processes, 3)
  assert.ok(memory.rssMb >= memory.pssMb && memory.pssMb > 10 && cpuMs > 0)
  await assert.rejects(ask(service.address, { method: 'POST', path: '/', body: '{}' }), { code: 'ECONNREFUSED' })
})

test('a target is judged by the rounds side by side, and is not measured where a server is missing', () => {
  const verdicts = judge(result).map(({ name, value, verdict }) => [name.split(' against')[0], value, verdict])
  assert.deepEqual(verdicts.slice(0, 5), [
    ['verify', 30, 'pass'],
    ['verify', undefined, 'not measured'],
    ['refresh', 7.9, 'fail'],
    ['login', undefined, 'not measured'],
    ['idle memory of the largest process (RSS)', undefined, 'not measured'],
  ])
  assert.deepEqual(verdicts[5], ['rows gained per refresh by any table', 1, 'fail'])
})

test('there is no verdict on a comparison while other programs kept the machine busy', () => {
  const loud = { ...round(3000), othersPercent: 40 }
  const verify = { django: [round(100), round(100)], ours: [loud, loud] }
  assert.equal(judge({ ...result, scenarios: { verify } })[0]?.verdict, 'undecided')
})

test('the quietest turns count, however fast a server was in them', () => {
  const turn = (perSecond: number, othersPercent: number) =>
    new Map([['ours' as const, { ...round(perSecond), othersPercent }]])
  const turns = [turn(1, 0), turn(9, 40), turn(2, 9), turn(3, 11)]
  assert.equal(areEnough(turns, 2), true)
  assert.equal(areEnough(turns, 3), false)
  assert.deepEqual(
    quietest(turns, 3).ours?.map(({ perSecond }) => perSecond),
    [1, 2, 3],
  )
})

test('the report names every server, ratio and growing table', () => {
  const report = writeReport(result)
  for (const words of ['× 30', '× 7.9', 'SamurAI Auth | session', '1,000 |']) assert.ok(report.includes(words), words)
})

test('a wrong flag is refused by its name, and only a run of everything is kept', () => {
  assert.throws(() => readOptions(['--only', 'verfy']), /--only verfy: one of verify, refresh, login, register/)
  assert.throws(() => readOptions(['--rounds', '0']), /--rounds 0: an integer above 0/)
  assert.equal(isComplete(readOptions([])), true)
  assert.equal(isComplete(readOptions(['--only', 'verify'])), false)
})
