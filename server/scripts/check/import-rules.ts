import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config'

const parts = ['server', 'contract', 'bench', 'bin', 'sdk', 'web']

/** `path` names every file of a circle in turn, otherwise the importing and the imported file. */
export type ForbiddenImport = { readonly rule: string; readonly advice: string; readonly path: readonly string[] }

/** Imports that `.dependency-cruiser.cjs` forbids, and source files that it never read, one complaint each. */
export async function findForbiddenImports(root: string): Promise<string[]> {
  const { forbidden, read } = await cruiseImports(root)
  const unread = (await listSources(root)).filter((file) => !read.has(file))
  return [
    // With a TypeScript that it cannot use, dependency-cruiser reads no file and finds nothing wrong.
    ...unread.map((file) => `${file} was not read: its imports are unchecked`),
    ...forbidden.map(({ rule, advice, path }) => `${path.join(' → ')}\n    ${rule}: ${advice}`),
  ]
}

/** Applies the `.dependency-cruiser.cjs` of `root` to the source files below `root`. */
export async function cruiseImports(root: string): Promise<{ forbidden: ForbiddenImport[]; read: Set<string> }> {
  const { forbidden: rules = [], options } = await extractDepcruiseConfig(join(root, '.dependency-cruiser.cjs'))
  const advice = new Map(rules.map(({ name, comment }) => [name, comment ?? '']))
  const ruleSet = { forbidden: rules }
  const { output } = await cruise(await listSources(root), { ...options, ruleSet, validate: true, baseDir: root })
  const { summary, modules } = output as ICruiseResult // it is a string only when an outputType asks for one
  return {
    forbidden: summary.violations.map(({ rule, from, to, cycle }) => ({
      rule: rule.name,
      advice: advice.get(rule.name) ?? '',
      path: [from, ...(cycle?.map(({ name }) => name) ?? [to])],
    })),
    read: new Set(modules.map(({ source }) => source)),
  }
}

async function listSources(root: string): Promise<string[]> {
  const exclude = ['**/node_modules', 'sdk/*/dist'] // what was installed, and what was built to be packed
  const sources = glob(`{${parts.join(',')}}/**/*.{ts,tsx,js,mjs,cjs}`, { cwd: root, exclude })
  return (await Array.fromAsync(sources)).sort()
}
