/**
 * `npm test [-- path…]`: every test file, or those below the given paths, on every database.
 * Each database server is started once for the whole run. `DATABASES=sqlite,mysql,postgres` chooses among them.
 * With CI=true the checks run first, and a database or a program that is not installed is a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverUrl } from '../test/database-servers/create-database.ts'
import { makeOriginal } from '../test/database-servers/original.ts'
import { type DatabaseServer, startMariadb, startPostgres } from '../test/database-servers.ts'
import { chosenDatabases, isAvailable, serverVariable } from '../test/databases.ts'
import { endStuckFiles } from './end-stuck-files.ts'
import { listMissing, tellMissing } from './missing-programs.ts'

const root = join(import.meta.dirname, '../..')
const isCi = process.env.CI === 'true'
const start = { mysql: startMariadb, postgres: startPostgres }
let running: ChildProcess | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => passOn(signal))
process.exitCode = await main(process.argv.slice(2))

async function main(paths: readonly string[]): Promise<number> {
  const files = findTestFiles(paths)
  if (files.length === 0) throw new Error(`there is no test file in ${paths.join(', ')}`)
  const hasFailed = isCi && (await runNode(['server/scripts/check.ts'])) !== 0
  const servers = await startServers()
  const code = await runTests(files, servers).finally(() => Promise.all(servers.map((server) => server.stop())))
  if (hasFailed) console.log('\nFAILED: the checks, above the tests (npm run check)')
  return sayMissing(paths) || hasFailed ? code || 1 : code
}

async function startServers(): Promise<DatabaseServer[]> {
  const kinds = chosenDatabases().flatMap(({ kind }) => (kind !== 'sqlite' && isAvailable(kind) ? [kind] : []))
  const servers = await Promise.all(kinds.map((kind) => start[kind]({ durable: false })))
  await Promise.all(servers.map(makeOriginal))
  return servers
}

function runTests(files: readonly string[], servers: readonly DatabaseServer[]): Promise<number> {
  const options = [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${Math.max(2, availableParallelism())}`, // tests wait for databases as much as they compute
    '--test-timeout=300000', // a file that hangs is a failure, not a run without end
  ]
  const variables = servers.map((server) => [serverVariable[server.kind], serverUrl(server)])
  const compiled = mkdtempSync(join(tmpdir(), 'samurai-auth-compiled-')) // each file is a process, and loads the whole service
  return runNode([...options, ...files], { ...Object.fromEntries(variables), NODE_COMPILE_CACHE: compiled }).finally(
    () => rmSync(compiled, { recursive: true }),
  )
}

async function runNode(options: readonly string[], variables: Record<string, string> = {}): Promise<number> {
  running = spawn(process.execPath, options, { cwd: root, env: { ...process.env, ...variables }, stdio: 'inherit' })
  const stopLooking = endStuckFiles(running.pid as number) // it has been spawned
  const [code] = (await once(running, 'close')) as [number | null]
  stopLooking()
  running = undefined
  return code ?? 1
}

/** Says last of all which databases and programs are not here. @returns whether that fails the run */
function sayMissing(paths: readonly string[]): boolean {
  const databases = chosenDatabases().filter(({ kind }) => !isAvailable(kind))
  const programs = paths.length === 0 || isCi ? listMissing() : [] // a few files may want none of them
  const missing = [...databases.map(({ name }) => ({ what: `every suite on ${name}`, name })), ...programs]
  const { lines, isFailure } = tellMissing(missing, isCi)
  for (const line of lines) console.log(line)
  return isFailure
}

function findTestFiles(paths: readonly string[]): string[] {
  const patterns = paths.length > 0 ? paths.map(toPattern) : ['{server,contract,bench,bin,sdk}/**/*.test.ts']
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules'] }).sort()
}

function toPattern(path: string): string {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ? join(path, '**/*.test.ts') : path
}

/** The test run ends its files itself; without one, the servers end with us. */
function passOn(signal: NodeJS.Signals): void {
  if (!running) process.exit(1)
  running.kill(signal)
}
