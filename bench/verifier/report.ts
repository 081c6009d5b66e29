/** The result as Markdown, with its verdicts. */
import { type Machine, nameMachine } from '../machine.ts'
import { figure, table } from '../markdown.ts'
import { wereQuiet } from '../turns.ts'
import { judgeFigure, type Verdict, verdictTable, type Wanted } from '../verdicts.ts'
import { ENDED_SESSIONS, type Kind, kinds, type Measured, type Spent } from './measure.ts'

export type VerifierResult = Measured & { at: string; commit: string; machine: Machine }

const titles: Record<Kind, string> = {
  bare: '`crypto.verify` by itself, ES256',
  first: 'a token seen for the first time',
  repeated: 'a repeated token, `verifySync`',
  repeatedAnew: 'a repeated token whose text is read anew from bytes, as a server does',
  awaited: 'a repeated token, `verify`, awaited',
}

/** Of the quickest tenth: what the code takes by itself. */
const targets: readonly (Wanted & { value: (spent: Record<Kind, Spent>) => number })[] = [
  {
    name: titles.repeatedAnew,
    unit: '/s on one core',
    limit: { atLeast: 500_000 },
    value: ({ repeatedAnew }) => perSecond(repeatedAnew.quick),
  },
  {
    name: `${titles.first}, against \`crypto.verify\` by itself`,
    unit: '%',
    limit: { atLeast: 85 },
    value: ({ bare, first }) => (100 * bare.quick) / first.quick,
  },
]

export function judgeVerifier({ spent, rounds }: Measured): Verdict[] {
  return targets.map(({ value, ...wanted }) => judgeFigure(wanted, value(spent), wereQuiet(rounds)))
}

export function writeVerifierReport(result: VerifierResult): string {
  const { at, commit, machine, spent, rounds } = result
  const rows = kinds.map((kind) => [
    titles[kind],
    ...[spent[kind].quick, spent[kind].median].map(perSecond).map(figure),
  ])
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    `${nameMachine(machine)} ${rounds.length} rounds, ${ENDED_SESSIONS} ended sessions known, one thread.`,
    '## Targets',
    verdictTable(judgeVerifier(result)),
    '## Verifications a second',
    table(['what', 'quickest tenth', 'median'], rows),
  ].join('\n\n')
}

const perSecond = (microseconds: number) => 1e6 / microseconds
