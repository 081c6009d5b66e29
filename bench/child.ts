/** Starts a program, waits until it answers, stops it again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, type Question } from './ask.ts'

const START_SECONDS = 60
const STOP_SECONDS = 40
const POLL_MS = 5 // fine enough for a start of a few hundred milliseconds, and cheap

export type Program = {
  command: string
  args: readonly string[]
  directory: string
  /** The whole environment besides PATH: what the caller's shell has set must not leak into a measurement. */
  environment: Record<string, string>
  /** Where its output goes. */
  logFile: string
  address: string
  ready: Question & { status: number }
}

const running = new Set<ChildProcess>()

// Interrupted or failed, the benchmark leaves nothing behind that would disturb the next one.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export type Child = { pid: number; startMs: number; stop(): Promise<void> }

/** Starts the program and waits for its first good answer; `startMs` is the time from start to that answer. */
export async function startChild(program: Program): Promise<Child> {
  const begun = performance.now()
  const child = launch(program)
  while (!(await isReady(program))) {
    const late = performance.now() - begun > START_SECONDS * 1000
    if (late || hasEnded(child)) {
      await stopChild(child)
      throw new Error(`${program.command} ${program.args.join(' ')} did not start:\n${tailOf(program.logFile)}`)
    }
    await pause(POLL_MS)
  }
  return { pid: child.pid ?? 0, startMs: performance.now() - begun, stop: () => stopChild(child) }
}

/** Runs a program to its end and returns its standard output; a program that fails is an error with all that it wrote. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  where: Partial<Program> = {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: where.directory,
    env: environmentOf(where.environment ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  const complaints: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => output.push(part))
  child.stderr.on('data', (part: Buffer) => complaints.push(part))
  const [code] = await once(child, 'close')
  if (code === 0) return Buffer.concat(output).toString('utf8')
  throw new Error(`${command} ${args.join(' ')} failed:\n${Buffer.concat([...output, ...complaints]).toString('utf8')}`)
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}

function launch(program: Program): ChildProcess {
  const log = openSync(program.logFile, 'a')
  const child = spawn(program.command, program.args, {
    cwd: program.directory,
    env: environmentOf(program.environment),
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

function environmentOf(environment: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', ...environment }
}

async function isReady({ address, ready }: Program): Promise<boolean> {
  try {
    return (await ask(address, ready)).status === ready.status
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return false // nobody listens yet
    throw error
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000)
  await ended
  clearTimeout(impatience)
}

const tailOf = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')
