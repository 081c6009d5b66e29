/**
 * `npm run check`: everything that a person would forget, in parallel, with one table at the end.
 * Each step is a row below and gives the list of its complaints; an empty list is a pass.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findMissingPaths } from './check/documented-paths.ts'
import { findLongFiles } from './check/file-length.ts'
import { findForbiddenImports } from './check/import-rules.ts'
import { complaintsOf } from './check/run-tool.ts'

type Step = { readonly name: string; readonly find: (root: string) => Promise<readonly string[]> }
type Result = { readonly name: string; readonly complaints: readonly string[]; readonly seconds: number }

const root = join(import.meta.dirname, '../..')
const colors = process.stdout.isTTY ? 'force' : 'off'
const generator = 'server/scripts/write-openapi.ts'

const steps: Step[] = [
  { name: 'types', find: () => complaintsOf(root, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']) },
  {
    name: 'format and lint',
    find: () =>
      complaintsOf(root, ['node_modules/@biomejs/biome/bin/biome', 'ci', `--colors=${colors}`, '--error-on-warnings']),
  },
  { name: 'import rules', find: findForbiddenImports },
  { name: 'documented paths exist', find: findMissingPaths },
  { name: 'files are short', find: findLongFiles },
]
if (existsSync(join(root, generator))) {
  steps.push({ name: 'generated files current', find: () => complaintsOf(root, [generator, '--check']) })
}

const results = await Promise.all(steps.map(run))
for (const { name, complaints } of results) {
  if (complaints.length > 0) console.log(`\n── ${name}\n${complaints.join('\n')}`)
}
console.log(`\n${results.map(toRow).join('\n')}`)
process.exitCode = results.some(({ complaints }) => complaints.length > 0) ? 1 : 0

async function run({ name, find }: Step): Promise<Result> {
  const startedAt = performance.now()
  const complaints = await find(root).catch((error: unknown) => [`${name} could not run: ${String(error)}`])
  return { name, complaints, seconds: (performance.now() - startedAt) / 1000 }
}

function toRow({ name, complaints, seconds }: Result): string {
  return `${complaints.length === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(26)} ${seconds.toFixed(1).padStart(6)} s`
}
