/** One round of one lane: warm up, come to rest, measure. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Lane } from './lanes.ts'
import type { Load } from './load/wrk.ts'
import { cpuMsOf, machineMs } from './processes.ts'
import { countRows, growth, type RowCounts } from './row-counts.ts'

const WARM_UP_SECONDS = 1
const REST_SECONDS = 10
const REST_STEP_MS = 200
/** A share of the step below which a process counts as idle: timers and pings stay under it. */
const REST_SHARE = 0.1
/** A run with more failures than this measures the failures. */
const WORST_FAILURE_SHARE = 0.01

export type Round = Load & {
  perSecond: number
  /** Processor time per request, user and system, in milliseconds: of the contender and of the database server. */
  appCpuMs: number
  databaseCpuMs: number
  /** The same for the load generator. */
  generatorCpuMs: number
  /** The part of the machine's time that went elsewhere: to other machines (steal) and to other programs. */
  stealPercent: number
  othersPercent: number
  /** Rows that each table gained, where the lane's rows are counted. */
  rows?: RowCounts
}

type Surroundings = {
  mariadb: { pid: number }
  /** The processes that must be at rest before: those of every contender and of the database server. */
  allPids(): number[]
}

/** @throws Error if the run had more failures than a measurement can bear, or somebody does not come to rest */
export async function measureRound(lane: Lane, seconds: number, { mariadb, allPids }: Surroundings): Promise<Round> {
  await lane.prepare()
  await lane.load(WARM_UP_SECONDS)
  await lane.prepare()
  await comeToRest(() => cpuMsOf(allPids()))
  const rowsBefore = await rowsOf(lane)
  const before = reading(lane, mariadb.pid)
  const load = await lane.load(seconds)
  const after = reading(lane, mariadb.pid)
  const rowsAfter = await rowsOf(lane)
  refuseFailures(lane, load)
  const { cpuMs, ...counted } = load
  return {
    ...counted,
    perSecond: load.requests / load.seconds,
    ...costs(load.requests, before, after, cpuMs),
    ...(rowsBefore && rowsAfter ? { rows: growth(rowsBefore, rowsAfter) } : {}),
  }
}

/** A lane without processes of its own works inside the generator, which then says how much of that was work. */
function costs(requests: number, before: Reading, after: Reading, ownMs = after.appMs - before.appMs) {
  const gone = (key: keyof Reading) => after[key] - before[key]
  const known = gone('appMs') + gone('databaseMs') + gone('generatorMs')
  return {
    appCpuMs: ownMs / requests,
    databaseCpuMs: gone('databaseMs') / requests,
    generatorCpuMs: (gone('generatorMs') - (ownMs - gone('appMs'))) / requests,
    stealPercent: (100 * gone('stolen')) / gone('passed'),
    othersPercent: Math.max(0, (100 * (gone('worked') - known)) / gone('passed')),
  }
}

/** Waits until nobody works any more: what a generator left unfinished when it was cut off still keeps a server busy. */
export async function comeToRest(cpuMs: () => number): Promise<void> {
  const begun = performance.now()
  for (let last = cpuMs(); performance.now() - begun < REST_SECONDS * 1000; ) {
    await pause(REST_STEP_MS)
    const now = cpuMs()
    if (now - last <= REST_STEP_MS * REST_SHARE) return
    last = now
  }
  throw new Error(`the servers were still busy ${REST_SECONDS} s after the last request`)
}

type Reading = ReturnType<typeof reading>

function reading(lane: Lane, databasePid: number) {
  // The generator is a child of this process, and has ended when the second reading is taken.
  const generatorMs = cpuMsOf([process.pid])
  return { ...machineMs(), appMs: cpuMsOf(lane.pids()), databaseMs: cpuMsOf([databasePid]), generatorMs }
}

async function rowsOf(lane: Lane): Promise<RowCounts | undefined> {
  return lane.databaseUrl === undefined ? undefined : await countRows(lane.databaseUrl)
}

function refuseFailures(lane: Lane, load: Load): void {
  const failures = load.refused + load.broken
  if (failures <= load.requests * WORST_FAILURE_SHARE) return
  throw new Error(`${lane.name}: ${load.refused} refused and ${load.broken} broken of ${load.requests} requests`)
}
