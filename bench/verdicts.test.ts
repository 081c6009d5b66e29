import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CrowdRound, judgeCrowd } from './crowd/report.ts'
import { judgeEvents } from './events/report.ts'
import { judgeImport } from './import/report.ts'
import { isMissed, type Verdict, verdictTable } from './verdicts.ts'
import { judgeVerifier } from './verifier/report.ts'
import { watchMachine } from './watch-machine.ts'

const quiet = { stealPercent: 1, othersPercent: 2 }
const loud = { stealPercent: 0, othersPercent: 40 }
const wordsOf = (verdicts: readonly Verdict[]) => verdicts.map(({ verdict }) => verdict)

const spent = (quick: number) => ({ quick, median: 10 * quick })
const rest = { bare: spent(85), repeated: spent(1), awaited: spent(1) }
const spentOn = (first: number, anew: number) => ({ ...rest, first: spent(first), repeatedAnew: spent(anew) })

test('the verifier: 500,000 repeated tokens a second, and 85 % of what crypto.verify does, when the machine is quiet', () => {
  assert.deepEqual(wordsOf(judgeVerifier({ spent: spentOn(100, 2), rounds: [quiet] })), ['pass', 'pass'])
  assert.deepEqual(wordsOf(judgeVerifier({ spent: spentOn(100.5, 2.1), rounds: [quiet, loud, quiet] })), [
    'fail',
    'fail',
  ])
  assert.deepEqual(wordsOf(judgeVerifier({ spent: spentOn(100, 2), rounds: [quiet, loud] })), [
    'undecided',
    'undecided',
  ])
})

test('the crowd: three times the idle p99 and below 50 ms, by the median of the rounds', () => {
  const round = (idleMs: number, crowdedMs: number): CrowdRound => {
    const load = (p99Ms: number) => ({ p50Ms: 1, p99Ms, statuses: {} })
    return { idle: load(idleMs), crowded: load(crowdedMs), logins: load(1), ...quiet }
  }
  assert.deepEqual(wordsOf(judgeCrowd({ rounds: [round(10, 30), round(1, 49), round(20, 49)] })), ['pass', 'pass'])
  assert.deepEqual(wordsOf(judgeCrowd({ rounds: [round(10, 50)] })), ['fail', 'fail'])
})

test('events: what they slow logins by, and how many a second are relayed, by the medians of the rounds', () => {
  const lane = (loginMs: number, appendedPerSecond = 0) => ({ loginMs, appendedPerSecond, appendMs: 1 })
  const round = (manyMs: number, oneMs: number, elsewhereMs: number, manyAppended = 1000) => ({
    ...quiet,
    quiet: lane(20),
    manyAtOnce: lane(manyMs, manyAppended),
    oneByOne: lane(oneMs, 1000),
    elsewhere: lane(elsewhereMs, 1000),
  })
  const relayed = (toRabbitmqPerSecond: number) => [{ ...quiet, events: 1, chainedPerSecond: 1, toRabbitmqPerSecond }]
  const verdicts = (logins: ReturnType<typeof round>[], perSecond: number) =>
    wordsOf(judgeEvents({ logins, relay: relayed(perSecond) }))
  const good = [round(20.9, 20.9, 20), round(40, 60, 30), round(20, 20, 20)]
  assert.deepEqual(verdicts(good, 5000), ['pass', 'pass', 'pass', 'pass', 'pass'])
  assert.deepEqual(verdicts([round(21.1, 21.1, 20, 949)], 4999), ['fail', 'fail', 'fail', 'fail', 'fail'])
  assert.deepEqual(verdicts([round(20, 30, 30)], 5000), ['pass', 'fail', 'pass', 'pass', 'pass'])
})

test('the import: a minute for 100,000 users on a quiet machine, and its memory on any', () => {
  const run = { seconds: 60, peakMb: 200, ...quiet }
  const into = (first: typeof run) => ({ SQLite: { first, again: run }, MariaDB: { first: run, again: run } })
  const verdicts = (first: typeof run) => wordsOf(judgeImport({ settings: { users: 100_000 }, targets: into(first) }))
  assert.deepEqual(verdicts(run), ['pass', 'pass', 'pass', 'pass'])
  assert.deepEqual(verdicts({ ...run, seconds: 61, peakMb: 201 }), ['fail', 'fail', 'pass', 'pass'])
  assert.deepEqual(verdicts({ ...run, ...loud, peakMb: 201 }), ['undecided', 'fail', 'pass', 'pass'])
})

test('--strict minds what failed and what could not be told, and nothing that was not measured', () => {
  const verdict = { name: 'x', wanted: '≥ 1,000', unit: 's' }
  const misses = (['pass', 'fail', 'undecided', 'not measured'] as const).map((word) =>
    isMissed({ ...verdict, verdict: word }),
  )
  assert.deepEqual(misses, [false, true, true, false])
  assert.match(
    verdictTable([{ ...verdict, value: 1234, verdict: 'pass' }]),
    /\| x +\| ≥ 1,000 s \| 1,234 +\| pass +\|$/,
  )
})

test('what this process works is not what others do', () => {
  const seen = watchMachine(() => [process.pid])
  const everybody = watchMachine(() => [])
  for (const end = performance.now() + 300; performance.now() < end; );
  const [others, all] = [seen().othersPercent, everybody().othersPercent]
  assert.ok(others >= 0 && others < all && all <= 101, `${others} of ${all}`)
})
