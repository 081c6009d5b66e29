/** What a figure must be, and what is said of the one that was measured. */
import { figure, table } from './markdown.ts'

export type Limit = { atLeast: number } | { atMost: number } | { below: number }

export type Wanted = { name: string; unit: string; limit: Limit }

/** `undecided`: measured, but the machine was too busy with other things to tell. */
export type Verdict = {
  name: string
  wanted: string
  value?: number
  unit: string
  verdict: 'pass' | 'fail' | 'undecided' | 'not measured'
}

/** @param value undefined where the run did not measure it */
export function judgeFigure({ name, unit, limit }: Wanted, value: number | undefined, isQuiet: boolean): Verdict {
  const wanted = wordsOf(limit)
  if (value === undefined) return { name, wanted, unit, verdict: 'not measured' }
  if (!isQuiet) return { name, wanted, unit, value, verdict: 'undecided' }
  return { name, wanted, unit, value, verdict: isWithin(limit, value) ? 'pass' : 'fail' }
}

/** For `--strict`: it was measured and is not known to be met. */
export const isMissed = ({ verdict }: Verdict): boolean => verdict === 'fail' || verdict === 'undecided'

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ name, wanted, value, unit, verdict }) => [
    name,
    `${wanted} ${unit}`,
    value === undefined ? '' : figure(value),
    verdict,
  ])
  return table(['target', 'wanted', 'measured', 'verdict'], rows)
}

function isWithin(limit: Limit, value: number): boolean {
  if ('atLeast' in limit) return value >= limit.atLeast
  if ('atMost' in limit) return value <= limit.atMost
  return value < limit.below
}

function wordsOf(limit: Limit): string {
  if ('atLeast' in limit) return `≥ ${figure(limit.atLeast)}`
  if ('atMost' in limit) return `≤ ${figure(limit.atMost)}`
  return `< ${figure(limit.below)}`
}
