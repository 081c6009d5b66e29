/** How many rows each table of a MariaDB database has: shows whether something grows that should not. */
import { readFileSync } from 'node:fs'
import { createConnection, type RowDataPacket } from 'mysql2/promise'

export type RowCounts = Record<string, number>

type Count = RowDataPacket & { name: string; rows: number }

export async function countRows(databaseUrl: string): Promise<RowCounts> {
  const counts: RowCounts = {}
  for (const { name } of await select(
    databaseUrl,
    'select table_name name from information_schema.tables where table_schema = database()',
  )) {
    const [count] = await select(databaseUrl, `select count(*) \`rows\` from \`${name}\``)
    counts[name] = Number(count?.rows)
  }
  return counts
}

/** The server that the database lives in; it must run on this machine. */
export async function serverOf(databaseUrl: string): Promise<{ pid: number; version: string }> {
  const [file] = await select(databaseUrl, 'select @@pid_file name')
  const [version] = await select(databaseUrl, 'select version() name')
  return { pid: Number(readFileSync(file?.name ?? '', 'utf8')), version: version?.name ?? '' }
}

export function growth(before: RowCounts, after: RowCounts): RowCounts {
  const gained = Object.entries(after).map(([table, rows]): [string, number] => [table, rows - (before[table] ?? 0)])
  return Object.fromEntries(gained)
}

async function select(databaseUrl: string, sql: string): Promise<Count[]> {
  const connection = await createConnection(databaseUrl)
  try {
    const [rows] = await connection.query<Count[]>(sql)
    return rows
  } finally {
    await connection.end()
  }
}
