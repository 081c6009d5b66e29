/** Results stay in git: one pair of files per benchmark, day and commit. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param benchmark its name in `npm run bench:…` */
export function keep(benchmark: string, result: { at: string; commit: string }, report: string): void {
  const folder = join(import.meta.dirname, 'results')
  const name = `${result.at.slice(0, 10)}-${result.commit}-${benchmark}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result)}\n`)
  writeFileSync(join(folder, `${name}.md`), `${report}\n`)
}
