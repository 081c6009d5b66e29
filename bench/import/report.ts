/** The result as Markdown, with its verdicts. */
import { type Machine, nameMachine } from '../machine.ts'
import { figure, table } from '../markdown.ts'
import { wereQuiet } from '../turns.ts'
import { judgeFigure, type Verdict, verdictTable } from '../verdicts.ts'
import type { Disturbance } from '../watch-machine.ts'

/** `peakMb`: the most memory that was resident. */
export type ImportRun = Disturbance & { seconds: number; peakMb: number }

type Runs = { first: ImportRun; again: ImportRun }

export type ImportResult = {
  at: string
  commit: string
  machine: Machine
  settings: { users: number }
  targets: Record<'SQLite' | 'MariaDB', Runs>
}

const MOST_SECONDS = 60 // of 100,000 users

// A batch at a time: 160 MB whether they are 2,000 users or 50,000. All rows of 100,000 at once would not fit into the heap that
// it is given.
const MOST_MB = 200

/** Time has no verdict while others use the machine; memory has one all the same. */
export function judgeImport({ settings: { users }, targets }: Pick<ImportResult, 'settings' | 'targets'>): Verdict[] {
  const most = (MOST_SECONDS * users) / 100_000
  return Object.entries(targets).flatMap(([name, { first, again }]) => {
    const time = { name: `${users} users into ${name}`, unit: 's', limit: { atMost: most } }
    const memory = { name: `memory of the import into ${name}`, unit: 'MB', limit: { atMost: MOST_MB } }
    const peakMb = Math.max(first.peakMb, again.peakMb)
    return [judgeFigure(time, first.seconds, wereQuiet([first])), judgeFigure(memory, peakMb, true)]
  })
}

export function writeImportReport(result: ImportResult): string {
  const { at, commit, machine, settings, targets } = result
  const rows = Object.entries(targets).flatMap(([name, { first, again }]) => [
    [name, ...cellsOf(first)],
    [`${name}, again`, ...cellsOf(again)],
  ])
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    `${nameMachine(machine)} ${settings.users} users with a refresh token each.`,
    '## Targets',
    verdictTable(judgeImport(result)),
    '## Runs',
    table(['into', 'seconds', 'peak MB', 'steal %', 'others %'], rows),
  ].join('\n\n')
}

function cellsOf({ seconds, peakMb, stealPercent, othersPercent }: ImportRun): string[] {
  return [seconds, peakMb, stealPercent, othersPercent].map(figure)
}
