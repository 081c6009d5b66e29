/**
 * Databases for test files: which of them this run uses, and a fresh empty one per test. `npm test` starts the servers
 * once for all files; a file that runs alone starts them itself when it first needs them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  createDatabase,
  parseServerUrl,
  type ServerAddress,
  type ServerKind,
} from './database-servers/create-database.ts'
import { isInstalled, startMariadb, startPostgres } from './database-servers.ts'

export type DatabaseKind = 'sqlite' | ServerKind
export type ChosenDatabase = { readonly kind: DatabaseKind; readonly name: string }

const all: readonly ChosenDatabase[] = [
  { kind: 'sqlite', name: 'SQLite' },
  { kind: 'mysql', name: 'MariaDB' },
  { kind: 'postgres', name: 'PostgreSQL' },
]

/** Where `npm test` tells its test files the server that it started. */
export const serverVariable: Record<ServerKind, string> = {
  mysql: 'TEST_MYSQL_SERVER',
  postgres: 'TEST_POSTGRES_SERVER',
}

const start = { mysql: startMariadb, postgres: startPostgres }
const servers = new Map<ServerKind, Promise<ServerAddress>>()
const leftovers: (() => Promise<void>)[] = []

/** The databases that this run uses: those that `DATABASES=sqlite,mysql,postgres` names, or all, as far as installed. */
export function databases(): readonly ChosenDatabase[] {
  return chosenDatabases().filter(({ kind }) => isAvailable(kind))
}

/**
 * The databases that this run should use, installed or not.
 * @throws TypeError for a name in `DATABASES` that is none of them
 */
export function chosenDatabases(): readonly ChosenDatabase[] {
  const names = process.env.DATABASES?.split(',').map((name) => name.trim()) ?? all.map(({ kind }) => kind)
  return names.map((name) => {
    const chosen = all.find(({ kind }) => kind === name)
    if (!chosen) throw new TypeError(`DATABASES: ${name} is none of ${all.map(({ kind }) => kind).join(', ')}`)
    return chosen
  })
}

export function isAvailable(kind: DatabaseKind): boolean {
  return kind === 'sqlite' || serverVariable[kind] in process.env || isInstalled(kind)
}

/**
 * An empty database for one test, as a DATABASE_URL. It is removed once the test file has let go of everything: hooks
 * of a test run in the order in which they were added, so a server under test would otherwise lose it while it runs.
 */
export async function freshDatabase(t: TestContext, kind: DatabaseKind): Promise<{ readonly url: string }> {
  const { url, drop } = kind === 'sqlite' ? await createFile() : await createDatabase(await serverOf(kind))
  t.after(() => void leftovers.push(drop))
  return { url }
}

process.on('beforeExit', async () => {
  for (const drop of leftovers.splice(0)) await drop()
})

async function createFile(): Promise<{ url: string; drop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-sqlite-'))
  return { url: `sqlite:${join(folder, 'test.db')}`, drop: () => rm(folder, { recursive: true }) }
}

function serverOf(kind: ServerKind): Promise<ServerAddress> {
  const server = servers.get(kind) ?? findOrStart(kind)
  servers.set(kind, server)
  return server
}

async function findOrStart(kind: ServerKind): Promise<ServerAddress> {
  const address = process.env[serverVariable[kind]]
  return address ? parseServerUrl(kind, address) : start[kind]({ durable: false }) // ends with this process
}
