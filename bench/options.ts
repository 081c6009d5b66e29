/** The command line of the benchmark. */
import { parseArgs } from 'node:util'
import type { ScenarioName } from './scenarios.ts'
import { scenarioNames } from './scenarios.ts'
import type { ContenderName } from './services.ts'
import { contenderNames } from './services.ts'

export type Options = {
  scenarios: readonly ScenarioName[]
  contenders: readonly ContenderName[]
  rounds: number
  /** Length of one measured run; the warm-up before it is not counted. */
  seconds: number
  /** Processes of our service and of the bare server. */
  processes: number
  json: boolean
  strict: boolean
}

const flags = {
  only: { type: 'string', multiple: true },
  contenders: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '3' },
  processes: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
} as const

/** Reads the flags; a wrong one is a TypeError that names it. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({ args: [...words], options: flags })
  return {
    scenarios: chosen('only', values.only?.join(',') ?? '', scenarioNames),
    contenders: chosen('contenders', values.contenders ?? '', contenderNames),
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    processes: wholeNumber('processes', values.processes),
    json: values.json,
    strict: values.strict,
  }
}

/** A run that covers everything is one whose result is worth keeping. */
export function isComplete(options: Options): boolean {
  return options.scenarios.length === scenarioNames.length && options.contenders.length === contenderNames.length
}

function chosen<Name extends string>(flag: string, text: string, names: readonly Name[]): readonly Name[] {
  const wanted = text.split(',').filter((word) => word !== '')
  const unknown = wanted.filter((word) => !names.some((name) => name === word))
  if (unknown.length > 0) throw new TypeError(`--${flag} ${unknown.join(',')}: one of ${names.join(', ')} is wanted`)
  return wanted.length === 0 ? names : names.filter((name) => wanted.includes(name))
}

/** @throws TypeError */
export function wholeNumber(flag: string, text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`--${flag} ${text}: an integer above 0 is wanted`)
  return number
}
