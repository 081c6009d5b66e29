/**
 * The service as an operator starts it: a real process with an environment of its own, on a free port of the loopback
 * address. It ends with the test that started it, and nothing else does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Client, createClient } from './client.ts'
import { eventually } from './eventually.ts'
import { refuseUnknownSettings } from './known-settings.ts'

export type { Answer, Client } from './client.ts'

export type ProcessOptions = {
  /** All that the process has of an environment, beside the defaults below; `undefined` takes a default away. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Default: an empty folder that goes away with the test. */
  readonly cwd?: string
  /** Default: the service under this Node.js. */
  readonly command?: readonly [program: string, ...parameters: string[]]
}

/** A line of the log. */
export type LogLine = { readonly level: string; readonly pid: number; readonly msg: string } & Record<string, unknown>

/** How a process ended, and all that it wrote. */
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string }

export type Launched = {
  /** The process that was started: the primary one when there are several. */
  readonly pid: number
  readonly cwd: string
  /** The log so far. */
  readonly logs: readonly LogLine[]
  /** All that it wrote so far, on both outputs. */
  output(): string
  /** Resolves when it and all that it started have ended. */
  readonly ended: Promise<Ended>
  /** Sends the signal and waits for the end. @returns the exit code; null: a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export type RunningProcess = Launched & Client

const service = [process.execPath, join(import.meta.dirname, '../src/main.ts')] as const

const START_SECONDS = 60 // a machine that is busy with other tests still makes it

const defaults = {
  PATH: '/usr/bin:/bin',
  HOST: '127.0.0.1',
  PORT: '0',
  ARGON2_MEMORY_KIB: '7168', // the cheapest hashes that are allowed: tests wait for what they test
  ARGON2_PASSES: '1',
}

/** What the system, Node.js and bin/samurai-auth.js read. */
const otherVariables = ['PATH', 'HOME', 'TMPDIR', 'NODE_ENV', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'MALLOC_ARENA_MAX']

/** Starts the service; resolves when each of its processes listens. */
export async function startProcess(t: TestContext, options: ProcessOptions = {}): Promise<RunningProcess> {
  const launched = await launchProcess(t, options)
  const port = await untilListening(launched, Number(options.environment?.WORKERS ?? 1))
  const client = createClient(port)
  t.after(() => client.close())
  return { ...launched, ...client }
}

/** Starts the service and waits for nothing: where the start itself is what is tested. */
export async function launchProcess(t: TestContext, options: ProcessOptions = {}): Promise<Launched> {
  const { environment = {}, cwd = await mkdtemp(join(tmpdir(), 'samurai-auth-process-')), command = service } = options
  refuseUnknownSettings(environment, otherVariables)
  const [program, ...parameters] = command
  const env = { ...defaults, ...environment }
  const child = spawn(program, parameters, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const { logs, output } = collect(child)
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, output: output() }))
  t.after(async () => {
    // Worker processes end with their primary one; what another program started, it must end itself.
    child.kill(program === process.execPath ? 'SIGKILL' : 'SIGTERM')
    await ended
    if (t.error) t.diagnostic(`process ${child.pid} wrote:\n${output()}`) // a failure that does not come again is told whole
    if (!options.cwd) await rm(cwd, { recursive: true })
  })
  await once(child, 'spawn')
  return {
    pid: child.pid as number, // it has been spawned
    cwd,
    logs,
    output,
    ended,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      return (await ended).code
    },
  }
}

async function untilListening({ logs, ended }: Launched, processes: number): Promise<number> {
  let failure: Ended | undefined
  void ended.then((end) => {
    failure = end
  })
  return eventually(
    'the service listens',
    () => {
      if (failure) throw new Error(`the service ended instead of listening:\n${failure.output}`)
      const lines = logs.filter(({ msg }) => msg === 'listening')
      return lines.length >= processes && Number(lines[0]?.port)
    },
    START_SECONDS,
  )
}

function collect(child: ChildProcess): { logs: LogLine[]; output: () => string } {
  const logs: LogLine[] = []
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      logs.push(...lines.filter((line) => line.startsWith('{"level":')).map((line) => JSON.parse(line) as LogLine))
    })
  }
  return { logs, output: () => output }
}
