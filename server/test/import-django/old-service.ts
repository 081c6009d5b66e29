/** The old service's database as Django itself writes it: filled once for a test file, then copied for each test. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { freshDatabase } from '../databases.ts'
import { OLD_KEY } from '../old-token.ts'
import { claimsOf } from '../scenario.ts'

export type OldPerson = { id: number; email: string; password: string; hash: string }

export type OldService = {
  people: Readonly<Record<string, OldPerson>>
  tokens: Readonly<Record<string, string>>
  /** A database of its own with the same rows. */
  copy(t: TestContext): Promise<OldDatabase>
}

export type OldDatabase = {
  /** For `--from`. */
  url: string
  /** For the variables of the old service. */
  variables: Readonly<Record<string, string>>
  run(statement: string, values?: readonly unknown[]): Promise<void>
  /** Everything in it, as text: equal texts, equal contents. */
  dump(): Promise<string>
}

const PYTHON = '/usr/bin/python3' // Debian's, which has Django: npm run services
const tables = ['accounts_customuser', 'token_blacklist_outstandingtoken', 'token_blacklist_blacklistedtoken']

/** Lets Django make its tables and fill them. Takes a few seconds. */
export async function fillOldService(t: TestContext): Promise<OldService> {
  const { url } = await freshDatabase(t, 'mysql')
  const { stdout } = await promisify(execFile)(PYTHON, ['-B', join(import.meta.dirname, 'people.py')], {
    cwd: join(import.meta.dirname, '../../../bench/peers/django'),
    env: { ...variablesOf(url), SECRET_KEY: 'the secret key of Django in tests', JWT_SECRET_KEY: OLD_KEY },
  })
  const { people, tokens } = JSON.parse(stdout) as Pick<OldService, 'people' | 'tokens'>
  return { people, tokens, copy: (test) => copyDatabase(test, new URL(url).pathname.slice(1)) }
}

export function addUser(old: OldDatabase, id: number, email: string, hash: string, firstName = ''): Promise<void> {
  return old.run("insert into accounts_customuser values (?, ?, ?, null, ?, '', 1)", [id, email, hash, firstName])
}

export async function keepToken(old: OldDatabase, token: string, isBlacklisted: boolean): Promise<void> {
  const { jti, exp } = claimsOf(token)
  await old.run(
    'insert into token_blacklist_outstandingtoken (jti, token, expires_at) values (?, ?, from_unixtime(?))',
    [jti, token, exp],
  )
  if (!isBlacklisted) return
  await old.run(
    'insert into token_blacklist_blacklistedtoken (token_id, blacklisted_at) select id, now() from token_blacklist_outstandingtoken where jti = ?',
    [jti],
  )
}

async function copyDatabase(t: TestContext, original: string): Promise<OldDatabase> {
  const { url } = await freshDatabase(t, 'mysql')
  const connection = await createConnection(url)
  t.after(() => connection.end())
  for (const table of tables) {
    await connection.query(`create table ${table} like ${original}.${table}`)
    await connection.query(`insert into ${table} select * from ${original}.${table}`)
  }
  // Where counting goes on is not copied: after the one who was deleted.
  await connection.query(`alter table accounts_customuser auto_increment = ${await nextIdOf(connection, original)}`)
  return {
    url,
    variables: variablesOf(url),
    run: async (statement, values = []) => void (await connection.query(statement, [...values])),
    dump: () => dump(connection),
  }
}

async function nextIdOf(connection: Connection, database: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'select auto_increment as id from information_schema.tables where table_schema = ? and table_name = ?',
    [database, tables[0]],
  )
  return rows[0]?.id
}

async function dump(connection: Connection): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>(`checksum table ${tables.join(', ')}`)
  return JSON.stringify(rows)
}

function variablesOf(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    MYSQL_HOST: hostname,
    MYSQL_PORT: port,
    MYSQL_USER: username,
    MYSQL_PASSWORD: password,
    MYSQL_DB: pathname.slice(1),
  }
}
