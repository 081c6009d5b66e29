/** SQL past the service: for what another program, or a transaction that takes its time, does to the database. */
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

/** Runs statements over one connection, so that a transaction may stay open between them. */
export type Sql = (statement: string) => Promise<Record<string, unknown>[]>

/** @param url a DATABASE_URL */
export async function openSql(t: TestContext, url: string): Promise<Sql> {
  if (url.startsWith('sqlite:')) return openSqlite(t, url)
  return url.startsWith('mysql:') ? openMysql(t, url) : openPostgres(t, url)
}

function openSqlite(t: TestContext, url: string): Sql {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5_000 })
  t.after(() => database.close())
  return async (statement) => database.prepare(statement).all()
}

async function openMysql(t: TestContext, url: string): Promise<Sql> {
  const connection = await createConnection(url)
  t.after(() => connection.destroy())
  return async (statement) => {
    const [rows] = await connection.query(statement)
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
  }
}

async function openPostgres(t: TestContext, url: string): Promise<Sql> {
  const client = new Client(url)
  client.on('error', () => {}) // the server is gone: the next statement tells
  await client.connect()
  t.after(() => client.end())
  return async (statement) => (await client.query(statement)).rows
}
