import { type ColumnDefinitionBuilder, type Kysely, MysqlAdapter, PostgresAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const { adapter } = db.getExecutor()
  const id = (column: ColumnDefinitionBuilder) =>
    adapter instanceof PostgresAdapter
      ? column.primaryKey().generatedByDefaultAsIdentity()
      : column.primaryKey().autoIncrement()
  const table = db.schema
    .createTable('user')
    .ifNotExists()
    // SQLite counts an integer primary key itself, and only one that is declared `integer`.
    .addColumn('id', adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter ? 'bigint' : 'integer', id)
    .addColumn('email', 'varchar(254)', (column) => column.notNull())
    .addColumn('email_key', 'varchar(254)', (column) => column.notNull().unique())
    .addColumn('first_name', 'varchar(150)', (column) => column.notNull())
    .addColumn('last_name', 'varchar(150)', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at', 'bigint')
    .addColumn('disabled_at', 'bigint')
    .addColumn('sessions_ended_at', 'bigint')
  await (adapter instanceof MysqlAdapter
    ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`)
    : table
  ).execute()
}
