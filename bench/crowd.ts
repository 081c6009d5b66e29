/**
 * `npm run bench:crowd`: how fast verify answers while twice as many logins arrive as the cores can hash, compared with an
 * idle service. README.md says how to read it. `--rounds N` (3), `--seconds N` a run (8).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMariadb } from '../server/test/database-servers.ts'
import { runToEnd } from './child.ts'
import { argon2Lane } from './lanes.ts'
import type { OpenLoad } from './load/open-loop.ts'
import { figure, table } from './markdown.ts'
import { median } from './median.ts'
import { people, registerPeople, signIn } from './people.ts'
import { machineMs } from './processes.ts'
import { startService } from './services.ts'

const VERIFIES_PER_SECOND = 200
const TARGET = 3
const TARGET_MS = 50

type Round = { idle: OpenLoad; crowded: OpenLoad; logins: OpenLoad; stealPercent: number }

const options = { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '8' } } as const
const { values } = parseArgs({ options })
const seconds = Number(values.seconds)
const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-crowd-'))
const mariadb = await startMariadb({ durable: true })
try {
  const { url } = await mariadb.createDatabase('crowd')
  const service = await startService('ours', { folder, databaseUrl: url, processes: 2 })
  await registerPeople(service.address)
  const { requests, seconds: took } = await argon2Lane().load(3)
  const arriving = Math.ceil((2 * requests) / took)
  const rounds: Round[] = []
  while (rounds.length < Number(values.rounds)) rounds.push(await measure(service.address, arriving))
  await service.stop()
  report(rounds, arriving)
} finally {
  await mariadb.stop()
  rmSync(folder, { recursive: true })
}

async function measure(address: string, arriving: number): Promise<Round> {
  const tokens = join(folder, 'tokens.txt')
  const credentials = join(folder, 'credentials.txt')
  writeFileSync(
    tokens,
    (await signIn(address, people.length)).map(({ access }) => JSON.stringify({ token: access })).join('\n'),
  )
  writeFileSync(credentials, people.map((person) => JSON.stringify(person)).join('\n'))
  const verify = () => load(`${address}/api/token/verify`, tokens, VERIFIES_PER_SECOND)
  const before = machineMs()
  const idle = await verify()
  const [crowded, logins] = await Promise.all([verify(), load(`${address}/api/login`, credentials, arriving)])
  const after = machineMs()
  return {
    idle,
    crowded,
    logins,
    stealPercent: (100 * (after.stolen - before.stolen)) / (after.passed - before.passed),
  }
}

async function load(url: string, bodies: string, perSecond: number): Promise<OpenLoad> {
  const program = join(import.meta.dirname, 'load/open-loop.ts')
  return JSON.parse(await runToEnd(process.execPath, [program, url, bodies, String(perSecond), String(seconds)]))
}

// A declaration: the lines above, which run first, need it.
function verdict(isMet: boolean): string {
  return isMet ? 'pass' : 'fail'
}

function report(rounds: readonly Round[], arriving: number): void {
  const rows = rounds.map(({ idle, crowded, logins, stealPercent }) => [
    ...[idle.p50Ms, idle.p99Ms, crowded.p50Ms, crowded.p99Ms, crowded.p99Ms / idle.p99Ms].map(figure),
    Object.entries(logins.statuses)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', '),
    figure(stealPercent),
  ])
  const heads = ['idle p50 ms', 'p99', 'crowded p50 ms', 'p99', 'p99 is ×', 'logins', 'steal %']
  const ratio = median(rounds.map(({ idle, crowded }) => crowded.p99Ms / idle.p99Ms))
  console.log(`${VERIFIES_PER_SECOND} verifies/s, ${arriving} logins/s arriving: twice the raw Argon2id rate.\n`)
  console.log(table(heads, rows))
  const p99Ms = median(rounds.map(({ crowded }) => crowded.p99Ms))
  console.log(`\nVerify's p99 among the crowd, medians of ${rounds.length} rounds:`)
  console.log(`× ${figure(ratio)} of idle; wanted ≤ ${TARGET}: ${verdict(ratio <= TARGET)}`)
  console.log(`${figure(p99Ms)} ms; wanted < ${TARGET_MS}: ${verdict(p99Ms < TARGET_MS)}`)
}
