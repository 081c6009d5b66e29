import { type Kysely, MysqlAdapter, PostgresAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // SQLite and MySQL know no `add column if not exists`: a step that was cut off may find it made.
  if (await hasColumn(db)) return
  // With a default, so that a process of the release before can still open sessions.
  await db.schema
    .alterTable('session')
    .addColumn('claims_version', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
}

async function hasColumn(db: Kysely<unknown>): Promise<boolean> {
  const { adapter } = db.getExecutor()
  const schema = adapter instanceof MysqlAdapter ? sql`database()` : sql`current_schema()`
  const isSqlite = !(adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter)
  const query = isSqlite
    ? sql`select 1 from pragma_table_info('session') where name = 'claims_version'`
    : sql`
        select 1 from information_schema.columns
        where table_schema = ${schema} and table_name = 'session' and column_name = 'claims_version'`
  return (await query.execute(db)).rows.length > 0
}
