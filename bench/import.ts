/**
 * `npm run bench:import`: how long `import django` takes for 100,000 users with a refresh token each, into SQLite and into
 * MariaDB, and how much memory; then the same again, when only the difference is to be taken over. README.md says how to read it.
 * `--users N` for another number; `--strict`: code 1 if a target was not met.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMariadb } from '../server/test/database-servers.ts'
import { fillOldService } from './import/old-service.ts'
import { type ImportResult, type ImportRun, judgeImport, writeImportReport } from './import/report.ts'
import { keep } from './keep.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { wholeNumber } from './options.ts'
import { serverOf } from './row-counts.ts'
import { isMissed } from './verdicts.ts'
import { watchMachine } from './watch-machine.ts'

const WORTH_KEEPING = 100_000
const POLL_MS = 20
// Where there is room V8 collects late, and 50,000 users took 100 MB more than 2,000. What is needed is what it can do with.
// Young objects have as much as in the service; with the 16 MB of V8's own, little is left for the old ones, and two fifths of
// the time went into collecting.
const HEAP = ['--max-old-space-size=64', '--max-semi-space-size=4']

const options = {
  users: { type: 'string', default: String(WORTH_KEEPING) },
  strict: { type: 'boolean', default: false },
} as const
const { values } = parseArgs({ options })
const users = wholeNumber('users', values.users)

const result = await measureAll()
const report = writeImportReport(result)
if (users >= WORTH_KEEPING) keep('import', result, report)
console.log(report)
if (values.strict && judgeImport(result).some(isMissed)) process.exitCode = 1

async function measureAll(): Promise<ImportResult> {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-import-'))
  const mariadb = await startMariadb({ durable: true })
  try {
    const old = await mariadb.createDatabase('old_service')
    await fillOldService(old.url, users)
    const server = await serverOf(old.url)
    const target = await mariadb.createDatabase('successor')
    const into = async (url: string) => {
      const first = await importFrom(old.url, url, folder, server.pid)
      return { first, again: await importFrom(old.url, url, folder, server.pid) }
    }
    return {
      at: new Date().toISOString(),
      commit: describeCommit(),
      machine: describeMachine(server.version),
      settings: { users },
      targets: { SQLite: await into(`sqlite:${join(folder, 'samurai-auth.db')}`), MariaDB: await into(target.url) },
    }
  } finally {
    await mariadb.stop()
    rmSync(folder, { recursive: true })
  }
}

async function importFrom(oldUrl: string, url: string, folder: string, databasePid: number): Promise<ImportRun> {
  const main = join(import.meta.dirname, '../server/src/cli/main.ts')
  const env = { PATH: process.env.PATH, DATABASE_URL: url, SECRET_KEY: 'a secret key that only this benchmark has' }
  const seen = watchMachine(() => [process.pid, databasePid])
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...HEAP, main, 'import', 'django', '--from', oldUrl], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const peak = watchPeak(child)
  const [code] = (await once(child, 'exit')) as [number | null]
  const seconds = (performance.now() - startedAt) / 1000
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  return { seconds, peakMb: peak(), ...seen() }
}

/** @returns the peak of the memory that was resident, in MB */
function watchPeak({ pid }: ChildProcess): () => number {
  let kilobytes = 0
  const timer = setInterval(() => {
    kilobytes = Math.max(kilobytes, readPeak(pid))
  }, POLL_MS)
  return () => {
    clearInterval(timer)
    return Math.round(kilobytes / 1024)
  }
}

function readPeak(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has ended
  }
}
