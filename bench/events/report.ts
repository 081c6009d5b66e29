/** The result as Markdown, with its verdicts. */
import { type Machine, nameMachine } from '../machine.ts'
import { figure, table } from '../markdown.ts'
import { median } from '../median.ts'
import { wereQuiet } from '../turns.ts'
import { judgeFigure, type Verdict, verdictTable, type Wanted } from '../verdicts.ts'
import { type Lane, type LoginRound, lanes } from './logins.ts'
import type { RelayRound } from './relay.ts'

export type EventsResult = {
  at: string
  commit: string
  machine: Machine
  logins: readonly LoginRound[]
  relay: readonly RelayRound[]
}

const slower = (round: LoginRound, lane: Lane, than: Lane) => (round[lane].loginMs / round[than].loginMs - 1) * 100

const ofLogins: readonly (Wanted & { value: (round: LoginRound) => number })[] = [
  {
    name: 'logins while 1,000 events/s are appended, a hundred a transaction, are slower by',
    unit: '%',
    limit: { atMost: 5 },
    value: (round) => slower(round, 'manyAtOnce', 'quiet'),
  },
  {
    name: 'logins while 1,000 events/s are appended, one a transaction, are slower by',
    unit: '%',
    limit: { atMost: 5 },
    value: (round) => slower(round, 'oneByOne', 'quiet'),
  },
  {
    name: 'logins while 1,000 events/s are appended, one a transaction, are slower than with as many in another database by',
    unit: '%',
    limit: { atMost: 5 },
    value: (round) => slower(round, 'oneByOne', 'elsewhere'),
  },
  {
    name: 'events appended meanwhile, in the slower of these lanes',
    unit: 'per second',
    limit: { atLeast: 950 },
    value: ({ manyAtOnce, oneByOne, elsewhere }) =>
      Math.min(...[manyAtOnce, oneByOne, elsewhere].map(({ appendedPerSecond }) => appendedPerSecond)),
  },
]

const ofRelay: Wanted = { name: 'events relayed to RabbitMQ', unit: 'per second', limit: { atLeast: 5000 } }

/** By the medians of the rounds. */
export function judgeEvents({ logins, relay }: Pick<EventsResult, 'logins' | 'relay'>): Verdict[] {
  const relayed = median(relay.map(({ toRabbitmqPerSecond }) => toRabbitmqPerSecond))
  return [
    ...ofLogins.map(({ value, ...wanted }) => judgeFigure(wanted, median(logins.map(value)), wereQuiet(logins))),
    judgeFigure(ofRelay, relayed, wereQuiet(relay)),
  ]
}

export function writeEventsReport(result: EventsResult): string {
  const { at, commit, machine, logins, relay } = result
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    `${nameMachine(machine)} ${logins.length} rounds.`,
    '## Targets',
    verdictTable(judgeEvents(result)),
    '## Logins, one after the other',
    table(['events', 'login ms', 'slower than quiet by %', 'appended/s', 'ms to append one'], lanes.map(cellsOfLane)),
    '## Relay',
    table(
      ['events', 'chained/s', 'to RabbitMQ/s', 'steal %', 'others %'],
      relay.map((round) => [
        ...[round.events, round.chainedPerSecond, round.toRabbitmqPerSecond].map(figure),
        ...[round.stealPercent, round.othersPercent].map(figure),
      ]),
    ),
  ].join('\n\n')

  function cellsOfLane(lane: Lane): string[] {
    const middle = (value: (round: LoginRound) => number) => figure(median(logins.map(value)))
    return [
      lane,
      middle((round) => round[lane].loginMs),
      middle((round) => slower(round, lane, 'quiet')),
      middle((round) => round[lane].appendedPerSecond),
      middle((round) => round[lane].appendMs),
    ]
  }
}
