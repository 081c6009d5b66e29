/**
 * `npm run bench`: measures our service beside a Django peer and a bare HTTP server, in turns, on one MariaDB with
 * durable commits. README.md says what is measured and how to read it. Progress goes to standard error.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measureFootprint } from './footprint.ts'
import { argon2Lane, type Lane, type LaneName, serviceLane } from './lanes.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { measureRound, type Round } from './measure.ts'
import { isComplete, type Options, readOptions } from './options.ts'
import { memoryOf } from './processes.ts'
import { writePage, writeReport } from './report.ts'
import type { Result } from './result.ts'
import { type ScenarioName, scenarios } from './scenarios.ts'
import { openStage, type Stage } from './stage.ts'
import { judge } from './targets.ts'
import { areEnough, quietest, type Turn } from './turns.ts'
import { isMissed } from './verdicts.ts'

const options = readOptions(process.argv.slice(2))
const result = await measureAll(options)
const verdicts = judge(result)
if (isComplete(options)) keep(result)
console.log(options.json ? JSON.stringify({ ...result, targets: verdicts }, null, 2) : writeReport(result))
if (options.strict && verdicts.some(isMissed)) process.exitCode = 1

async function measureAll({ scenarios: names, contenders, rounds, seconds, processes }: Options): Promise<Result> {
  const stage = await openStage(contenders, processes)
  try {
    const measured: Result['scenarios'] = {}
    for (const name of names) measured[name] = await measureScenario(name, stage, { rounds, seconds })
    const memory = memoryOfAll(stage)
    const footprint = contenders.includes('ours') ? await measureFootprint(stage.folder) : undefined
    return {
      at: new Date().toISOString(),
      commit: describeCommit(),
      machine: describeMachine(stage.mariadb.version),
      settings: { rounds, seconds, processes },
      scenarios: measured,
      memory,
      ...(footprint ? { footprint } : {}),
    }
  } finally {
    await stage.close()
  }
}

/** A B C, A B C, …: each turn compares servers within seconds of each other, because a shared machine drifts. */
async function measureScenario(
  name: ScenarioName,
  stage: Stage,
  { rounds, seconds }: { rounds: number; seconds: number },
) {
  const lanes = lanesOf(name, stage)
  const turns: Turn[] = []
  while (!areEnough(turns, rounds)) {
    const turn = new Map<LaneName, Round>()
    for (const lane of lanes) {
      const round = await measureRound(lane, seconds, stage)
      turn.set(lane.name, round)
      console.error(`${name}, turn ${turns.length + 1}: ${lane.name} ${round.perSecond.toFixed(1)}/s`)
    }
    turns.push(turn)
  }
  return quietest(turns, rounds)
}

function lanesOf(name: ScenarioName, { services, folder }: Stage): Lane[] {
  const scenario = scenarios[name]
  const taking = services.filter((service) => scenario.contenders.includes(service.name))
  const lanes = taking.map((service) => serviceLane(service, scenario, folder))
  return name === 'login' ? [...lanes, argon2Lane('node'), argon2Lane('library')] : lanes
}

function memoryOfAll({ services, idle }: Stage): Result['memory'] {
  const entries = services.map(({ name, pids }) => [name, { idle: idle[name], afterLoad: memoryOf(pids()) }])
  return Object.fromEntries(entries)
}

/** Results stay in git: one pair of files per day and commit, and the latest as a page of the reference. */
function keep(result: Result): void {
  const folder = join(import.meta.dirname, 'results')
  const name = `${result.at.slice(0, 10)}-${result.commit}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(folder, `${name}.md`), `${writeReport(result)}\n`)
  writeFileSync(join(import.meta.dirname, '../docs/reference/benchmarks.md'), `${writePage(result)}\n`)
}
