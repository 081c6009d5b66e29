/**
 * A database with the schema, made once on each server by running the steps of the migration, and copies of it: a test that is
 * not about them need not wait for fifty statements, which take MariaDB half a second.
 */
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { parseDatabaseUrl } from '../../src/platform/database-url.ts'
import { openDatabase } from '../../src/platform/db.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { createDatabase, type ServerAddress, type ServerKind, type TestDatabase } from './create-database.ts'

const ORIGINAL = 'test_original'

/** Before anybody copies it. */
export async function makeOriginal(server: ServerAddress): Promise<void> {
  await bringUpToDate((await createDatabase(server, ORIGINAL)).url)
}

/** Runs the steps of the migration that this database lacks. */
export async function bringUpToDate(url: string): Promise<void> {
  const database = openDatabase(parseDatabaseUrl(url), 1)
  await migrate(database.db).finally(() => database.close())
}

/** A database of its own with everything that the original has. */
export function copyOriginal(server: ServerAddress): Promise<TestDatabase> {
  return copy[server.kind](server)
}

const copy: Record<ServerKind, (server: ServerAddress) => Promise<TestDatabase>> = {
  postgres: (server) => createDatabase(server, undefined, `TEMPLATE ${ORIGINAL}`),
  async mysql(server) {
    statements ??= readStatements(server)
    const [text, database] = await Promise.all([statements, createDatabase(server)])
    await queryMysql(server, database.name, text)
    return database
  },
}

let statements: Promise<string> | undefined

async function readStatements(server: ServerAddress): Promise<string> {
  const read = async (statement: string) => (await queryMysql(server, ORIGINAL, statement)).map(Object.values)
  const tables = (await read('SHOW TABLES')).map(([name]) => String(name))
  const made = await Promise.all(
    tables.map(async (name) => String((await read(`SHOW CREATE TABLE \`${name}\``))[0]?.[1])),
  )
  const filled = tables.map((name) => `INSERT INTO \`${name}\` SELECT * FROM ${ORIGINAL}.\`${name}\``)
  return ['SET foreign_key_checks = 0', ...made, ...filled].join(';\n')
}

async function queryMysql({ host, port, user, password }: ServerAddress, database: string, text: string) {
  const connection = await createConnection({ host, port, user, password, database, multipleStatements: true })
  const [rows] = await connection.query<RowDataPacket[]>(text).finally(() => connection.end())
  return rows
}
