import { type Kysely, MysqlAdapter, PostgresAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // SQLite and MySQL know no `add column if not exists`: a step that was cut off may find one of them made.
  for (const table of ['session', 'revocation']) {
    if (!(await hasColumn(db, table))) await db.schema.alterTable(table).addColumn('status_index', 'bigint').execute()
  }
}

async function hasColumn(db: Kysely<unknown>, table: string): Promise<boolean> {
  const { adapter } = db.getExecutor()
  const schema = adapter instanceof MysqlAdapter ? sql`database()` : sql`current_schema()`
  const isSqlite = !(adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter)
  const query = isSqlite
    ? sql`select 1 from pragma_table_info(${table}) where name = 'status_index'`
    : sql`
        select 1 from information_schema.columns
        where table_schema = ${schema} and table_name = ${table} and column_name = 'status_index'`
  return (await query.execute(db)).rows.length > 0
}
