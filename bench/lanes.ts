/**
 * A lane is one contender in one scenario: something that can be put under load for some seconds, and the processes
 * that work meanwhile. The raw rates of Argon2id are lanes too, beside the services in the login scenario.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './child.ts'
import { type Load, runWrk } from './load/wrk.ts'
import type { Scenario } from './scenarios.ts'
import { contenders, type Service } from './services.ts'

/** Which implementation hashes: that of Node.js, or the one that our service hashes with. */
export type Hasher = 'node' | 'library'
export type LaneName = Service['name'] | `argon2-${Hasher}`

export type Lane = {
  name: LaneName
  /** To be called before every load. */
  prepare(): Promise<void>
  load(seconds: number): Promise<Load & { cpuMs?: number }>
  /** The processes whose time is counted; a lane without any counts its own. */
  pids(): number[]
  /** The database whose rows are counted before and after. */
  databaseUrl?: string
}

export function serviceLane(service: Service, scenario: Scenario, folder: string): Lane {
  const linesFile = join(folder, `${service.name}-lines.txt`)
  const { script, connections } = scenario
  const url = new URL(scenario.path, service.address).href
  let prepared = false
  return {
    name: service.name,
    pids: service.pids,
    ...(scenario.countsRows ? { databaseUrl: service.databaseUrl } : {}),
    load: (seconds) => runWrk({ url, script, connections, linesFile, seconds }),
    async prepare() {
      if (prepared && !scenario.fresh) return
      writeFileSync(linesFile, (await linesFor(service, scenario)).join('\n'))
      prepared = true
    },
  }
}

export function argon2Lane(hasher: Hasher): Lane {
  const program = join(import.meta.dirname, 'load/argon2-rate.ts')
  return {
    name: `argon2-${hasher}`,
    pids: () => [],
    prepare: () => Promise.resolve(),
    // As our service has it (bin/samurai-auth.js): the ceiling is what the machine can do, not what glibc's defaults can.
    load: async (seconds) =>
      JSON.parse(
        await runToEnd(process.execPath, [program, String(seconds), hasher], {
          environment: { MALLOC_ARENA_MAX: '1' },
        }),
      ),
  }
}

function linesFor(service: Service, scenario: Scenario): Promise<string[]> | string[] {
  return contenders[service.name].storesUsers ? scenario.lines(service.address) : standIns()
}

/** What a server without users gets instead of tokens: as long as ours, and as many. */
function standIns(): string[] {
  return Array.from({ length: 32 }, () => JSON.stringify({ token: randomBytes(480).toString('base64url') }))
}
