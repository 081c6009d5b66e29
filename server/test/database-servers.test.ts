/** The private database servers that the other tests stand on. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { before, describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import type { ServerKind } from './database-servers/create-database.ts'
import { type DatabaseServer, startMariadb, startPostgres } from './database-servers.ts'
import { databases } from './databases.ts'

type Rows = Record<string, unknown>[]

const start = { mysql: startMariadb, postgres: startPostgres }
const foreignVariables = {
  MYSQL_HOST: '192.0.2.1',
  MYSQL_TCP_PORT: '1',
  PGHOST: '192.0.2.1',
  PGPORT: '1',
  PGDATA: '/none',
}

for (const { kind, name } of databases()) {
  if (kind !== 'sqlite') describe(name, () => describeServer(kind))
}

function describeServer(kind: ServerKind): void {
  let server: DatabaseServer
  before(async () => {
    server = await start[kind]()
  })

  test('a new database is empty and takes rows', async () => {
    const { url } = await server.createDatabase('empty')
    const inside = `select table_name as name from information_schema.tables where table_schema in ('empty', 'public')`
    assert.deepEqual(await query(kind, url, inside), [])
    await query(kind, url, 'create table note (text varchar(20))')
    await query(kind, url, `insert into note values ('kept')`)
    assert.deepEqual(await query(kind, url, 'select text from note'), [{ text: 'kept' }])
  })

  test('a dropped database is gone', async () => {
    const { url, drop } = await server.createDatabase()
    await drop()
    await assert.rejects(query(kind, url, 'select 1'), /unknown database|does not exist/i)
  })

  test('a name that would need quoting is a mistake of the programmer', async () => {
    await assert.rejects(server.createDatabase('a;b'), TypeError)
  })

  test('commits are durable and text compares as on Debian', async () => {
    const { url } = await server.createDatabase()
    assert.deepEqual(await query(kind, url, settingsOf[kind].statement), [settingsOf[kind].expected])
  })

  test('killed and started again, it has every committed row, at the same address', async () => {
    const { url } = await server.createDatabase()
    await query(kind, url, 'create table note (text varchar(20))')
    await query(kind, url, `insert into note values ('before the kill')`)
    const killed = server.pid
    await server.kill()
    await assert.rejects(query(kind, url, 'select 1'), { code: 'ECONNREFUSED' })
    await server.start()
    assert.notEqual(server.pid, killed)
    assert.deepEqual(await query(kind, url, 'select text from note'), [{ text: 'before the kill' }])
  })

  test('stopped, it is gone with its folder', async () => {
    await server.stop()
    assert.equal(server.pid, undefined)
    assert.equal(existsSync(server.folder), false)
    assert.equal(await answers(server.port), false)
  })

  test('it ends, with its folder, when the process that started it is killed', async (t) => {
    const { parent, port, folder } = await startInAnotherProcess(t, kind)
    assert.equal(await answers(port), true)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await eventually(async () => !existsSync(folder) && !(await answers(port)))
  })
}

const settingsOf: Record<ServerKind, { statement: string; expected: Record<string, unknown> }> = {
  mysql: {
    statement: 'select @@innodb_flush_log_at_trx_commit as flush, @@collation_database as text_order',
    expected: { flush: 1, text_order: 'utf8mb4_general_ci' },
  },
  postgres: {
    statement: `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as flush`,
    expected: { fsync: 'on', flush: 'on' },
  },
}

async function startInAnotherProcess(t: TestContext, kind: ServerKind) {
  const program = `
    const servers = await import(${JSON.stringify(join(import.meta.dirname, 'database-servers.ts'))})
    const { port, folder } = await servers.${kind === 'mysql' ? 'startMariadb' : 'startPostgres'}({ durable: false })
    console.log(JSON.stringify({ port, folder }))
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, ...foreignVariables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => parent.kill('SIGKILL'))
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  return { parent, ...(JSON.parse(line) as { port: number; folder: string }) }
}

async function query(kind: ServerKind, url: string, statement: string): Promise<Rows> {
  return kind === 'mysql' ? queryMysql(url, statement) : queryPostgres(url, statement)
}

async function queryMysql(url: string, statement: string): Promise<Rows> {
  const connection = await createConnection(url)
  const [rows] = await connection.query(statement).finally(() => connection.end())
  return (rows as Rows).length === undefined ? [] : (rows as Rows).map((row) => ({ ...row }))
}

async function queryPostgres(url: string, statement: string): Promise<Rows> {
  const client = new Client(url)
  await client.connect()
  return (await client.query(statement).finally(() => client.end())).rows
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'it did not come true in 15 seconds')
    await wait(50)
  }
}
