/**
 * `npm run bench:crowd`: how fast verify answers while twice as many logins arrive as the cores can hash, compared with an
 * idle service. README.md says how to read it. `--rounds N` (3), `--seconds N` a run (8); `--strict`: code 1 if a target was
 * not met.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startMariadb } from '../server/test/database-servers.ts'
import { runToEnd } from './child.ts'
import { type CrowdResult, type CrowdRound, judgeCrowd, writeCrowdReport } from './crowd/report.ts'
import { keep } from './keep.ts'
import { argon2Lane } from './lanes.ts'
import type { OpenLoad } from './load/open-loop.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { wholeNumber } from './options.ts'
import { people, registerPeople, signIn } from './people.ts'
import { serverOf } from './row-counts.ts'
import { type Service, startService } from './services.ts'
import { isMissed } from './verdicts.ts'
import { watchMachine } from './watch-machine.ts'

const VERIFIES_PER_SECOND = 200
const WORTH_KEEPING = { rounds: 3, seconds: 8 }

const options = {
  rounds: { type: 'string', default: String(WORTH_KEEPING.rounds) },
  seconds: { type: 'string', default: String(WORTH_KEEPING.seconds) },
  strict: { type: 'boolean', default: false },
} as const
const { values } = parseArgs({ options })
const [count, seconds] = [wholeNumber('rounds', values.rounds), wholeNumber('seconds', values.seconds)]

const result = await measureAll()
const report = writeCrowdReport(result)
if (count >= WORTH_KEEPING.rounds && seconds >= WORTH_KEEPING.seconds) keep('crowd', result, report)
console.log(report)
if (values.strict && judgeCrowd(result).some(isMissed)) process.exitCode = 1

async function measureAll(): Promise<CrowdResult> {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-crowd-'))
  const mariadb = await startMariadb({ durable: true })
  try {
    const { url } = await mariadb.createDatabase('crowd')
    const server = await serverOf(url)
    const service = await startService('ours', { folder, databaseUrl: url, processes: 2 })
    await registerPeople(service.address)
    const { requests, seconds: took } = await argon2Lane('library').load(3)
    const loginsPerSecond = Math.ceil((2 * requests) / took)
    const rounds: CrowdRound[] = []
    while (rounds.length < count) rounds.push(await measure(service, folder, loginsPerSecond, server.pid))
    await service.stop()
    return {
      at: new Date().toISOString(),
      commit: describeCommit(),
      machine: describeMachine(server.version),
      settings: { seconds, verifiesPerSecond: VERIFIES_PER_SECOND, loginsPerSecond },
      rounds,
    }
  } finally {
    await mariadb.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  { address, pids }: Service,
  folder: string,
  loginsPerSecond: number,
  databasePid: number,
): Promise<CrowdRound> {
  const tokens = join(folder, 'tokens.txt')
  const credentials = join(folder, 'credentials.txt')
  writeFileSync(
    tokens,
    (await signIn(address, people.length)).map(({ access }) => JSON.stringify({ token: access })).join('\n'),
  )
  writeFileSync(credentials, people.map((person) => JSON.stringify(person)).join('\n'))
  const verify = () => load(`${address}/api/token/verify`, tokens, VERIFIES_PER_SECOND)
  const seen = watchMachine(() => [process.pid, databasePid, ...pids()])
  const idle = await verify()
  const [crowded, logins] = await Promise.all([verify(), load(`${address}/api/login`, credentials, loginsPerSecond)])
  return { idle, crowded, logins, ...seen() }
}

async function load(url: string, bodies: string, perSecond: number): Promise<OpenLoad> {
  const program = join(import.meta.dirname, 'load/open-loop.ts')
  return JSON.parse(await runToEnd(process.execPath, [program, url, bodies, String(perSecond), String(seconds)]))
}
