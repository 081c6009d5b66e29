/**
 * Databases for test files: which of them this run uses, and a fresh one per test. `npm test` starts the servers once for all
 * files; a file that runs alone starts them itself when it first needs them.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  createDatabase,
  parseServerUrl,
  type ServerAddress,
  type ServerKind,
  type TestDatabase,
} from './database-servers/create-database.ts'
import { bringUpToDate, copyOriginal, makeOriginal } from './database-servers/original.ts'
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
  return untilItsEnd(t, kind === 'sqlite' ? createFile() : createDatabase(await serverOf(kind)))
}

/** The same with the schema in it. */
export async function migratedDatabase(t: TestContext, kind: DatabaseKind): Promise<{ readonly url: string }> {
  return untilItsEnd(t, kind === 'sqlite' ? copyOriginalFile() : copyOriginal(await serverOf(kind)))
}

type Made = Pick<TestDatabase, 'url' | 'drop'>

async function untilItsEnd(t: TestContext, made: Promise<Made>): Promise<{ readonly url: string }> {
  const { url, drop } = await made
  t.after(() => void leftovers.push(drop))
  return { url }
}

process.on('beforeExit', async () => {
  for (const drop of leftovers.splice(0)) await drop()
})

async function createFile(): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-sqlite-'))
  return { url: `sqlite:${join(folder, 'test.db')}`, drop: () => rm(folder, { recursive: true }) }
}

async function copyOriginalFile(): Promise<Made> {
  originalFile ??= makeOriginalFile()
  const [original, copy] = await Promise.all([originalFile, createFile()])
  await copyFile(fileOf(original), fileOf(copy.url))
  return copy
}

let originalFile: Promise<string> | undefined

async function makeOriginalFile(): Promise<string> {
  const { url, drop } = await createFile()
  leftovers.push(drop)
  await bringUpToDate(url)
  return url
}

const fileOf = (url: string): string => url.slice('sqlite:'.length)

function serverOf(kind: ServerKind): Promise<ServerAddress> {
  const server = servers.get(kind) ?? findOrStart(kind)
  servers.set(kind, server)
  return server
}

async function findOrStart(kind: ServerKind): Promise<ServerAddress> {
  const address = process.env[serverVariable[kind]]
  if (address) return parseServerUrl(kind, address)
  const server = await start[kind]({ durable: false }) // ends with this process
  await makeOriginal(server)
  return server
}
