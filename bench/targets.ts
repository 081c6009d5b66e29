/** What must hold, one row each, with the verdict of a run. */
import type { LaneName } from './lanes.ts'
import type { Round } from './measure.ts'
import { median } from './median.ts'
import type { Result } from './result.ts'
import type { ScenarioName } from './scenarios.ts'
import { wereQuiet } from './turns.ts'
import { judgeFigure, type Verdict, type Wanted } from './verdicts.ts'

type Target = Wanted & {
  /** Whose rounds it compares: with others at work on the machine there is no verdict. */
  scenario?: ScenarioName
  /** Undefined where the run did not measure it. */
  value(result: Result): number | undefined
}

const targets: readonly Target[] = [
  {
    name: 'verify against the Django peer',
    unit: '×',
    limit: { atLeast: 30 },
    scenario: 'verify',
    value: (result) => ratio(result, 'verify', 'django'),
  },
  {
    name: 'verify against the bare server with as many processes',
    unit: '×',
    limit: { atLeast: 0.8 },
    scenario: 'verify',
    value: (result) => ratio(result, 'verify', 'bare'),
  },
  {
    name: 'refresh against the Django peer, durable commits',
    unit: '×',
    limit: { atLeast: 8 },
    scenario: 'refresh',
    value: (result) => ratio(result, 'refresh', 'django'),
  },
  {
    name: 'login against the raw Argon2id rate',
    unit: '×',
    limit: { atLeast: 0.9 },
    scenario: 'login',
    value: (result) => ratio(result, 'login', 'argon2-library'),
  },
  { name: 'idle memory of the largest process (RSS)', unit: 'MB', limit: { atMost: 110 }, value: largestIdleProcess },
  { name: 'rows gained per refresh by any table', unit: 'rows', limit: { below: 0.01 }, value: rowsPerRefresh },
  {
    name: 'start to first answer with an existing SQLite database',
    unit: 'ms',
    limit: { below: 1000 },
    value: (result) => result.footprint?.startMs,
  },
]

/**
 * How many times as many requests per second ours answered as the other: the median over the rounds, each round
 * compared with the other's run beside it, because the speed of a shared machine drifts.
 */
export function ratio(result: Result, scenario: ScenarioName, other: LaneName): number | undefined {
  return compare(result, scenario, other, (ours, theirs) => ours.perSecond / theirs.perSecond)
}

/** The same by processor time per request, database included: moves less when others use the machine. */
export function cpuRatio(result: Result, scenario: ScenarioName, other: LaneName): number | undefined {
  const cost = (round: Round) => round.appCpuMs + round.databaseCpuMs
  return compare(result, scenario, other, (ours, theirs) => cost(theirs) / cost(ours))
}

function compare(result: Result, scenario: ScenarioName, other: LaneName, by: (ours: Round, theirs: Round) => number) {
  const mine = result.scenarios[scenario]?.ours
  const theirs = result.scenarios[scenario]?.[other]
  if (!mine || !theirs) return undefined
  const pairs = mine.flatMap((round, index): [Round, Round][] => (theirs[index] ? [[round, theirs[index]]] : []))
  return median(pairs.map(([ours, beside]) => by(ours, beside)))
}

export function judge(result: Result): Verdict[] {
  return targets.map(({ scenario, value, ...wanted }) =>
    judgeFigure(wanted, value(result), !scenario || wasQuiet(result, scenario)),
  )
}

function wasQuiet(result: Result, scenario: ScenarioName): boolean {
  return wereQuiet(Object.values(result.scenarios[scenario] ?? {}).flat())
}

function largestIdleProcess(result: Result): number | undefined {
  const idle = [result.memory.ours?.idle, result.footprint?.idle].filter((memory) => memory !== undefined)
  return idle.length === 0 ? undefined : Math.max(...idle.map((memory) => memory.largestRssMb))
}

function rowsPerRefresh(result: Result): number | undefined {
  const rounds = result.scenarios.refresh?.ours ?? []
  const shares = rounds.flatMap((round) => Object.values(round.rows ?? {}).map((rows) => rows / round.requests))
  return shares.length === 0 ? undefined : Math.max(...shares)
}
