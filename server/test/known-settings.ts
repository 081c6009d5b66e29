/** A setting that is misspelt would be ignored, as every other variable of an environment is: its test would test nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const page = join(import.meta.dirname, '../../docs/reference/config.md')

/** The names on the page of the reference, which is generated from the table of settings. */
export const knownSettings: ReadonlySet<string> = new Set(
  readFileSync(page, 'utf8')
    .matchAll(/^\| (`[^|]+) \|/gm)
    .flatMap(([, names = '']) => names.match(/[A-Z][A-Z0-9_]+/g) ?? []),
)

/** @throws TypeError naming what is no setting and not one of the others that may be given */
export function refuseUnknownSettings(environment: object, others: readonly string[] = []): void {
  const unknown = Object.keys(environment).filter((name) => !knownSettings.has(name) && !others.includes(name))
  if (unknown.length > 0)
    throw new TypeError(`${unknown.join(', ')}: there is no such setting in docs/reference/config.md`)
}
