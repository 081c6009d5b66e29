import { type Kysely, MysqlAdapter, PostgresAdapter, sql } from 'kysely'

// Null in rows from before: how those sessions were proven was not kept.
const columns = [
  ['amr', 'varchar(100)'],
  ['acr', 'varchar(20)'],
  ['authenticated_at', 'bigint'],
] as const

export async function up(db: Kysely<unknown>): Promise<void> {
  // SQLite and MySQL know no `add column if not exists`: a step that was cut off may find some of them made.
  const made = await columnsOf(db)
  for (const [name, type] of columns) {
    if (!made.includes(name)) await db.schema.alterTable('session').addColumn(name, type).execute()
  }
}

async function columnsOf(db: Kysely<unknown>): Promise<string[]> {
  const { adapter } = db.getExecutor()
  const schema = adapter instanceof MysqlAdapter ? sql`database()` : sql`current_schema()`
  const isSqlite = !(adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter)
  const query = isSqlite
    ? sql<{ name: string }>`select name from pragma_table_info('session')`
    : sql<{ name: string }>`
        select column_name as name from information_schema.columns
        where table_schema = ${schema} and table_name = 'session'`
  return (await query.execute(db)).rows.map(({ name }) => name)
}
