/**
 * A real RabbitMQ for tests and benchmarks: the installed one on private ports of the loopback address, with a private
 * temporary data folder and a port mapper (epmd) of its own. It ends with the process that started it, however that one ends.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, open, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'amqplib'
import { findFreePort } from './database-servers/private-server.ts'
import { startWatchdog } from './database-servers/watchdog.ts'
import { eventually } from './eventually.ts'

export type Broker = {
  /** An AMQP_URL. */
  readonly url: string
  /** Kills it (kill -9); its data stays. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data; returns once it answers. */
  start(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const START_SECONDS = 90 // a loaded machine still makes it

/** Debian's wrapper in /usr/sbin insists on the system's own folders: this is what it calls. */
function findProgram(): string | undefined {
  return globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server').find((path) => existsSync(path))
}

export function isBrokerInstalled(): boolean {
  return findProgram() !== undefined
}

/** @throws Error when RabbitMQ is not installed */
export async function startBroker(): Promise<Broker> {
  const program = findProgram()
  if (!program) throw new Error('rabbitmq-server is not installed: npm run services')
  const account = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-rabbitmq-'))
  const password = randomBytes(16).toString('hex')
  const [port, mapperPort, peerPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const files = {
    'rabbitmq.conf': [
      `listeners.tcp.1 = 127.0.0.1:${port}`,
      'default_user = auth_test',
      `default_pass = ${password}`,
      'log.console = true',
      'log.console.level = warning',
      'log.file = false',
      'vm_memory_high_watermark.relative = 0.4',
      'disk_free_limit.absolute = 50MB',
    ].join('\n'),
    'rabbitmq-env.conf': '',
    enabled_plugins: '[].',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), `${text}\n`)
  if (account)
    for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))])
      await chown(path, account.uid, account.gid)
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C.UTF-8',
    HOME: folder, // where Erlang keeps its cookie
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `test-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(peerPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  }
  const watchdog = startWatchdog(folder, 'SIGKILL', account)
  const url = `amqp://auth_test:${password}@127.0.0.1:${port}`
  let child: ChildProcess | undefined

  const broker: Broker = {
    url,
    async start() {
      const log = await open(join(folder, 'log'), 'a')
      // The mapper in the foreground, as a member of the group that is ended: as a daemon it would outlive the test.
      const script = 'epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec "$0"'
      const options = { ...account, cwd: folder, detached: true, env, stdio: ['ignore', log.fd, log.fd] as const }
      child = spawn('/bin/sh', ['-c', script, program], { ...options, stdio: [...options.stdio] })
      await once(child, 'spawn')
      await log.close()
      watchdog.guard(child.pid)
      await untilItAnswers(url, child, folder)
      child.unref()
    },
    async kill() {
      if (!child?.pid) throw new TypeError('this broker does not run')
      const ended = once(child, 'exit')
      child.ref()
      process.kill(-child.pid, 'SIGKILL') // the group that we started: shell, Erlang and its mapper
      await ended
      watchdog.guard(undefined)
    },
    stop: () => watchdog.stop(),
  }
  try {
    await broker.start()
    return broker
  } catch (error) {
    await broker.stop()
    throw error
  }
}

async function untilItAnswers(url: string, child: ChildProcess, folder: string): Promise<void> {
  await eventually(
    'RabbitMQ answers',
    async () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`RabbitMQ ended:\n${(await readFile(join(folder, 'log'), 'utf8')).slice(-2000)}`)
      const connection = await connect(url).catch(() => undefined)
      await connection?.close()
      return connection !== undefined
    },
    START_SECONDS,
  )
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'rabbitmq'], { encoding: 'utf8' }))
}
