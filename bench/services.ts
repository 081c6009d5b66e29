/**
 * The contenders, one entry each: our service, the Django peer and the bare server. Each runs on a port of its own
 * and, if it stores anything, on a database of its own in the same MariaDB.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freePort, type Program, runToEnd, startChild } from './child.ts'
import { familyOf } from './processes.ts'

export const contenderNames = ['django', 'bare', 'ours'] as const
export type ContenderName = (typeof contenderNames)[number]

/** What a contender gets: a scratch folder, a database (`mysql://…`) and the number of processes asked for. */
export type Place = { folder: string; databaseUrl: string; processes: number }

export type Service = {
  name: ContenderName
  address: string
  databaseUrl: string
  startMs: number
  pids(): number[]
  stop(): Promise<void>
}

type Contender = { storesUsers: boolean; program(place: Place, port: number): Promise<Program> | Program }

const ourCommand = join(import.meta.dirname, '../bin/samurai-auth.js')
const djangoFolder = join(import.meta.dirname, 'peers/django')
/** Debian's packages belong to Debian's Python, whichever else is first on the path. */
const PYTHON = '/usr/bin/python3'
const GUNICORN_WORKERS = 2

export const contenders: Record<ContenderName, Contender> = {
  django: { storesUsers: true, program: djangoProgram },
  bare: { storesUsers: false, program: bareProgram },
  ours: { storesUsers: true, program: ourProgram },
}

/** Starts a contender and waits for its first answer. */
export async function startService(name: ContenderName, place: Place): Promise<Service> {
  const program = await contenders[name].program(place, await freePort())
  const { pid, startMs, stop } = await startChild(program)
  const { address } = program
  return { name, address, databaseUrl: place.databaseUrl, startMs, pids: () => familyOf(pid), stop }
}

/** Our service. Without `databaseUrl` it keeps its data in SQLite in the scratch folder. */
export function ourProgram(place: Place, port: number): Program {
  return {
    command: process.execPath,
    args: [ourCommand, 'start'],
    directory: place.folder, // not the project's: a .env there must not count
    environment: {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: place.folder,
      ...(place.databaseUrl === '' ? {} : { DATABASE_URL: place.databaseUrl }),
      SECRET_KEY: randomBytes(32).toString('hex'),
      JWT_SECRET_KEY: randomBytes(32).toString('hex'),
      WORKERS: String(place.processes),
      PASSWORD_POLICY: 'legacy',
      LOG_LEVEL: 'info',
      LIMITS: 'off', // the old service has none, and a benchmark is nothing but too many requests
    },
    logFile: join(place.folder, 'ours.log'),
    address: `http://127.0.0.1:${port}`,
    ready: { method: 'GET', path: '/readyz', status: 200 },
  }
}

function bareProgram(place: Place, port: number): Program {
  return {
    command: process.execPath,
    args: [join(import.meta.dirname, 'peers/bare.ts'), String(port), String(place.processes)],
    directory: place.folder,
    environment: {},
    logFile: join(place.folder, 'bare.log'),
    address: `http://127.0.0.1:${port}`,
    ready: { method: 'POST', path: '/', body: '{}', status: 200 },
  }
}

async function djangoProgram(place: Place, port: number): Promise<Program> {
  const environment = djangoEnvironment(place.databaseUrl)
  await runToEnd(PYTHON, ['manage.py', 'migrate'], { directory: djangoFolder, environment })
  return {
    command: PYTHON,
    args: ['-m', 'gunicorn', '--bind', `127.0.0.1:${port}`, '--workers', String(GUNICORN_WORKERS), 'peer.wsgi'],
    directory: djangoFolder,
    environment,
    logFile: join(place.folder, 'django.log'),
    address: `http://127.0.0.1:${port}`,
    ready: { method: 'POST', path: '/api/accounts/token/verify/', body: '{}', status: 400 },
  }
}

function djangoEnvironment(databaseUrl: string): Record<string, string> {
  const url = new URL(databaseUrl)
  return {
    MYSQL_HOST: url.hostname,
    MYSQL_PORT: url.port,
    MYSQL_USER: decodeURIComponent(url.username),
    MYSQL_PASSWORD: decodeURIComponent(url.password),
    MYSQL_DB: url.pathname.slice(1),
    SECRET_KEY: randomBytes(32).toString('hex'),
    JWT_SECRET_KEY: randomBytes(32).toString('hex'),
  }
}
