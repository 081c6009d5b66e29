/** The result as Markdown. */
import { type Machine, nameMachine } from '../machine.ts'
import { figure, table } from '../markdown.ts'
import type { Arrangement } from './deployment.ts'
import type { Delays } from './measure-ends.ts'

export type RevocationResult = {
  at: string
  commit: string
  machine: Machine
  arrangements: readonly { name: Arrangement; places: readonly string[]; delays: readonly Delays[] }[]
}

/** From "ended" answered to "refused everywhere". */
export const TARGET_P99_MS = 1000

const titles: Record<Arrangement, string> = {
  siblings: 'two processes of one service',
  apart: 'two services on one database',
}

export function writeRevocationReport({ at, commit, machine, arrangements }: RevocationResult): string {
  return [
    `# ${at.slice(0, 10)}, ${commit}`,
    nameMachine(machine),
    'Milliseconds from the answer to the logout until the access token of the session is refused. The token is shown again ' +
      'and again, so each figure holds a request too.',
    ...arrangements.flatMap((one) => [`## ${titles[one.name]}: ${one.delays.length} ends`, delayTable(one)]),
    `Wanted: everywhere, p99 ≤ ${TARGET_P99_MS} ms. ${arrangements.map((one) => `${titles[one.name]}: ${isMet(one) ? 'pass' : 'fail'}`).join('; ')}.`,
  ].join('\n\n')
}

export function isMet({ delays }: { delays: readonly Delays[] }): boolean {
  return quantile(everywhere(delays), 0.99) <= TARGET_P99_MS
}

function delayTable({ places, delays }: RevocationResult['arrangements'][number]): string {
  const rows = places.map((place, index) =>
    delayRow(
      place,
      delays.map((one) => one[index] ?? Number.NaN),
    ),
  )
  return table(['place', 'p50 ms', 'p99 ms', 'longest ms'], [...rows, delayRow('**everywhere**', everywhere(delays))])
}

function delayRow(name: string, milliseconds: readonly number[]): string[] {
  return [name, ...[0.5, 0.99, 1].map((part) => figure(quantile(milliseconds, part)))]
}

const everywhere = (delays: readonly Delays[]) => delays.map((one) => Math.max(...one))

function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}
