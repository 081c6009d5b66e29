/**
 * `npm run openapi`: writes the generated pages of docs/reference. With `--check` it compares them instead, names the stale
 * ones and ends with code 1.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makePages } from './reference/pages.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'docs/reference'

const pages = await makePages(root)
const stale = await findStale()
if (process.argv.includes('--check')) complain()
else await write()

async function findStale(): Promise<string[]> {
  const isStale = await Promise.all([...pages].map(async ([name, text]) => (await readPage(name)) !== text))
  return [...pages.keys()].filter((_, index) => isStale[index])
}

function readPage(name: string): Promise<string | undefined> {
  return readFile(join(root, folder, name), 'utf8').catch(() => undefined) // not there yet: stale
}

function complain(): void {
  if (stale.length === 0) return
  console.log(`stale: ${stale.map((name) => `${folder}/${name}`).join(', ')} (npm run openapi writes them)`)
  process.exitCode = 1
}

async function write(): Promise<void> {
  await mkdir(join(root, folder), { recursive: true })
  await Promise.all(stale.map((name) => writeFile(join(root, folder, name), pages.get(name) ?? '')))
  console.log(stale.length > 0 ? stale.map((name) => `wrote ${folder}/${name}`).join('\n') : 'all current')
}
