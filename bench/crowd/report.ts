/** The result as Markdown, with its verdicts. */
import type { OpenLoad } from '../load/open-loop.ts'
import { type Machine, nameMachine } from '../machine.ts'
import { figure, table } from '../markdown.ts'
import { median } from '../median.ts'
import { wereQuiet } from '../turns.ts'
import { judgeFigure, type Verdict, verdictTable, type Wanted } from '../verdicts.ts'
import type { Disturbance } from '../watch-machine.ts'

/** `logins` arrive while `crowded` is measured. */
export type CrowdRound = Disturbance & { idle: OpenLoad; crowded: OpenLoad; logins: OpenLoad }

export type CrowdResult = {
  at: string
  commit: string
  machine: Machine
  settings: { seconds: number; verifiesPerSecond: number; loginsPerSecond: number }
  rounds: readonly CrowdRound[]
}

const targets: readonly (Wanted & { value: (round: CrowdRound) => number })[] = [
  {
    name: "verify's p99 among the crowd, of that of an idle service",
    unit: '×',
    limit: { atMost: 3 },
    value: ({ crowded, idle }) => crowded.p99Ms / idle.p99Ms,
  },
  { name: "verify's p99 among the crowd", unit: 'ms', limit: { below: 50 }, value: ({ crowded }) => crowded.p99Ms },
]

/** By the median of the rounds. */
export function judgeCrowd({ rounds }: Pick<CrowdResult, 'rounds'>): Verdict[] {
  return targets.map(({ value, ...wanted }) => judgeFigure(wanted, median(rounds.map(value)), wereQuiet(rounds)))
}

export function writeCrowdReport(result: CrowdResult): string {
  const { at, commit, machine, settings, rounds } = result
  const { seconds, verifiesPerSecond, loginsPerSecond } = settings
  const load = `${verifiesPerSecond} verifies/s, ${loginsPerSecond} logins/s arriving: twice the raw Argon2id rate.`
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    `${nameMachine(machine)} ${rounds.length} rounds of ${seconds} s. ${load}`,
    '## Targets',
    verdictTable(judgeCrowd(result)),
    '## Rounds',
    table(
      ['idle p50 ms', 'p99', 'crowded p50 ms', 'p99', 'p99 is ×', 'logins', 'steal %', 'others %'],
      rounds.map(cellsOf),
    ),
  ].join('\n\n')
}

function cellsOf({ idle, crowded, logins, stealPercent, othersPercent }: CrowdRound): string[] {
  const answers = Object.entries(logins.statuses).map(([status, count]) => `${count} × ${status}`)
  return [
    ...[idle.p50Ms, idle.p99Ms, crowded.p50Ms, crowded.p99Ms, crowded.p99Ms / idle.p99Ms].map(figure),
    answers.join(', '),
    figure(stealPercent),
    figure(othersPercent),
  ]
}
