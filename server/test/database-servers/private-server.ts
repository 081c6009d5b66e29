/** A server program with a folder, a port and a life of its own, which ends with ours. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, open, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connectTo, type ServerAddress, type ServerKind } from './create-database.ts'
import { type Account, getAccount } from './installed.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

export type Command = readonly [program: string, ...options: string[]]
export type Login = { readonly user: string; readonly password: string }

/** What one kind of server needs. */
export type Recipe = {
  readonly kind: ServerKind
  /** The signal that ends it at once, when nobody wants its data any more. */
  readonly quickEnd: 'SIGKILL' | 'SIGQUIT'
  /** The text of the file `login` in the folder, which tells the server of its one account. */
  readonly loginFile: (login: Login) => string
  readonly makeData: (folder: string, login: Login) => Command
  readonly command: (folder: string, port: number) => Command
}

export type PrivateServer = {
  /** Holds data, socket and log; gone after `stop`. */
  readonly folder: string
  /** The process that we started; undefined while there is none. */
  readonly pid: number | undefined
  /** Kills exactly the process that we started (kill -9); the data stays. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data; returns once it answers. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const startSeconds = 60 // a loaded machine with a slow disk still makes it

/** Makes a data folder, starts the server on it, and returns once it answers. */
export async function startPrivateServer(recipe: Recipe): Promise<ServerAddress & PrivateServer> {
  const account = getAccount(recipe.kind)
  const folder = await mkdtemp(join(tmpdir(), `samurai-auth-${recipe.kind}-`))
  if (account) await chown(folder, account.uid, account.gid)
  const watchdog = startWatchdog(folder, recipe.quickEnd, account)
  const login = { user: 'auth_test', password: randomBytes(16).toString('hex') }
  const address = { kind: recipe.kind, host: '127.0.0.1', port: await findFreePort(), ...login }
  const place = { folder, account, watchdog }
  let child: ChildProcess | undefined

  const server = {
    ...address,
    folder,
    get pid() {
      return child && isRunning(child) ? child.pid : undefined
    },
    start: async () => {
      if (child && isRunning(child)) throw new TypeError('this database server runs already')
      child = await launch(place, recipe.command(folder, address.port))
      await untilItAnswers(address, child, folder)
      child.unref() // whoever forgets to stop it can still end
    },
    kill: async () => {
      if (!child || !isRunning(child)) throw new TypeError('this database server does not run')
      child.kill('SIGKILL')
      await untilItEnds(child)
      watchdog.guard(undefined)
    },
    stop: async () => {
      await watchdog.stop()
      if (child) await untilItEnds(child)
    },
  }
  try {
    await writeLogin(place, recipe.loginFile(login))
    await makeData(place, recipe.makeData(folder, login))
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

type Place = { readonly folder: string; readonly account: Account | undefined; readonly watchdog: Watchdog }

async function writeLogin({ folder, account }: Place, text: string): Promise<void> {
  const file = join(folder, 'login')
  await writeFile(file, text, { mode: 0o600 })
  if (account) await chown(file, account.uid, account.gid)
}

async function makeData(place: Place, command: Command): Promise<void> {
  const child = await launch(place, command)
  await untilItEnds(child)
  place.watchdog.guard(undefined)
  if (child.exitCode !== 0) throw new Error(`${command[0]} failed:\n${await readLog(place.folder)}`)
}

/** Starts a program as leader of a process group that the watchdog ends, with its output in the log of the folder. */
async function launch({ folder, account, watchdog }: Place, [program, ...options]: Command): Promise<ChildProcess> {
  const log = await open(join(folder, 'log'), 'a')
  const child = spawn(program, options, {
    ...account,
    cwd: folder,
    detached: true,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TMPDIR: folder }, // nothing else: no MYSQL_*, no PG*
    stdio: ['ignore', log.fd, log.fd],
  })
  const [spawned] = await Promise.allSettled([once(child, 'spawn'), log.close()])
  if (spawned.status === 'rejected') throw spawned.reason
  watchdog.guard(child.pid)
  return child
}

async function untilItAnswers(address: ServerAddress, child: ChildProcess, folder: string): Promise<void> {
  const deadline = performance.now() + startSeconds * 1000
  for (;;) {
    const [attempt] = await Promise.allSettled([connectTo(address)])
    if (attempt.status === 'fulfilled') return
    if (!isRunning(child) || performance.now() > deadline) {
      throw new Error(`the ${address.kind} server did not start:\n${await readLog(folder)}`, { cause: attempt.reason })
    }
    await wait(20)
  }
}

async function untilItEnds(child: ChildProcess): Promise<void> {
  child.ref()
  if (isRunning(child)) await once(child, 'exit')
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

async function readLog(folder: string): Promise<string> {
  return (await readFile(join(folder, 'log'), 'utf8')).split('\n').slice(-20).join('\n')
}

// Below the ports that the system gives to outgoing connections, so that none takes it while the server restarts.
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  probe.once('error', () => resolve(false))
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  return promise
}
