/** A result as Markdown: for the terminal and for bench/results. */
import type { LaneName } from './lanes.ts'
import { nameMachine } from './machine.ts'
import { figure, table } from './markdown.ts'
import type { Round } from './measure.ts'
import { median } from './median.ts'
import type { Memory } from './processes.ts'
import type { Result } from './result.ts'
import { scenarioNames } from './scenarios.ts'
import { cpuRatio, judge, ratio } from './targets.ts'
import { isQuiet } from './turns.ts'
import { verdictTable } from './verdicts.ts'

const laneTitles: Record<LaneName, string> = {
  ours: 'SamurAI Auth',
  django: 'Django peer',
  bare: 'bare node:http',
  'argon2-node': 'raw Argon2id, Node.js itself',
  'argon2-library': 'raw Argon2id, as ours hashes',
}

/** The page of the reference: the report under a heading of its own. */
export function writePage(result: Result): string {
  const origin =
    'Made by `npm run bench`; not to be edited. What is measured and how to read it: [bench/README.md](../../bench/README.md).'
  return ['# Benchmarks', origin, writeReport(result).replace(/^#/gm, '##')].join('\n\n')
}

export function writeReport(result: Result): string {
  const { machine, settings } = result
  const what = `${settings.rounds} rounds of ${settings.seconds} s, ${settings.processes} processes (ours and bare), 2 gunicorn workers`
  return [
    `# ${result.at.slice(0, 10)}, ${result.commit}`,
    `${nameMachine(machine)} ${what}. Medians.`,
    ...warnings(result),
    '## Targets',
    verdictTable(judge(result)),
    '## Throughput',
    throughputTable(result),
    '## Memory and start',
    memoryTable(result),
    ...startLines(result),
    '## Rows gained per 1,000 refreshes',
    rowsTable(result),
  ].join('\n\n')
}

function warnings({ scenarios }: Result): string[] {
  const rounds = Object.values(scenarios).flatMap((lanes) => Object.values(lanes).flat())
  const loud = rounds.filter((round) => !isQuiet(round)).length
  if (loud === 0) return []
  return [
    `**The machine was not quiet** in ${loud} of ${rounds.length} rounds (steal and other programs): trust the comparison by CPU more than the rates.`,
  ]
}

function throughputTable(result: Result): string {
  const heads = [
    'endpoint',
    'server',
    'requests/s',
    'lowest to highest',
    'ours is',
    'by CPU',
    'p50 ms',
    'p99 ms',
    'CPU ms/request app',
    '+ database',
    'steal %',
    'others %',
  ]
  const rows = scenarioNames.flatMap((scenario) =>
    Object.entries(result.scenarios[scenario] ?? {}).map(([name, rounds]) => {
      const lane = name as LaneName
      const comparisons = lane === 'ours' ? [] : [ratio(result, scenario, lane), cpuRatio(result, scenario, lane)]
      return [scenario, laneTitles[lane], ...throughputCells(rounds, comparisons)]
    }),
  )
  return table(heads, rows)
}

function throughputCells(rounds: readonly Round[], [faster, cheaper]: readonly (number | undefined)[]): string[] {
  const middle = (
    key: 'perSecond' | 'p50Ms' | 'p99Ms' | 'appCpuMs' | 'databaseCpuMs' | 'stealPercent' | 'othersPercent',
  ) => figure(median(rounds.map((round) => round[key])))
  const rates = rounds.map((round) => round.perSecond)
  return [
    middle('perSecond'),
    `${figure(Math.min(...rates))} to ${figure(Math.max(...rates))}`,
    faster === undefined ? '' : `× ${figure(faster)}`,
    cheaper === undefined ? '' : `× ${figure(cheaper)}`,
    middle('p50Ms'),
    middle('p99Ms'),
    middle('appCpuMs'),
    middle('databaseCpuMs'),
    middle('stealPercent'),
    middle('othersPercent'),
  ]
}

function memoryTable(result: Result): string {
  const entries = Object.entries(result.memory).flatMap(([name, { idle, afterLoad }]) => [
    memoryCells(`${laneTitles[name as LaneName]}, idle`, idle),
    memoryCells(`${laneTitles[name as LaneName]}, after load`, afterLoad),
  ])
  const sqlite = result.footprint ? [memoryCells(`${laneTitles.ours} on SQLite, idle`, result.footprint.idle)] : []
  return table(['server', 'processes', 'RSS MB', 'PSS MB', 'largest process, RSS MB'], [...entries, ...sqlite])
}

function memoryCells(title: string, memory: Memory): string[] {
  return [title, String(memory.processes), figure(memory.rssMb), figure(memory.pssMb), figure(memory.largestRssMb)]
}

function startLines({ footprint }: Result): string[] {
  if (!footprint) return []
  const { startMs, firstStartMs } = footprint
  return [
    `Start to first answer on SQLite: ${figure(startMs)} ms; the very first start, which makes the tables: ${figure(firstStartMs)} ms.`,
  ]
}

function rowsTable(result: Result): string {
  const rows = Object.entries(result.scenarios.refresh ?? {}).flatMap(([name, rounds]) =>
    Object.entries(rowsPerThousand(rounds)).map(([tableName, gained]) => [
      laneTitles[name as LaneName],
      tableName,
      figure(gained),
    ]),
  )
  return rows.length === 0 ? 'Not measured.' : table(['server', 'table', 'rows'], rows)
}

/** Of the tables that gained any; all of them together if none did. */
function rowsPerThousand(rounds: readonly Round[]): Record<string, number> {
  const refreshes = rounds.reduce((sum, round) => sum + round.requests, 0)
  const gained = new Map<string, number>()
  for (const [name, rows] of rounds.flatMap((round) => Object.entries(round.rows ?? {}))) {
    gained.set(name, (gained.get(name) ?? 0) + (1000 * rows) / refreshes)
  }
  const growing = [...gained].filter(([, rows]) => rows !== 0)
  return growing.length === 0 ? { [`all ${gained.size} tables`]: 0 } : Object.fromEntries(growing)
}
