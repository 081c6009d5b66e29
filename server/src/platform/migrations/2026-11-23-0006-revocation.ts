import { type ColumnDefinitionBuilder, type Kysely, MysqlAdapter, PostgresAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const { adapter } = db.getExecutor()
  const id = (column: ColumnDefinitionBuilder) =>
    adapter instanceof PostgresAdapter
      ? column.primaryKey().generatedByDefaultAsIdentity()
      : column.primaryKey().autoIncrement()
  const table = db.schema
    .createTable('revocation')
    .ifNotExists()
    .addColumn('id', adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter ? 'bigint' : 'integer', id)
    .addColumn('session_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('ended_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
  await (adapter instanceof MysqlAdapter
    ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`)
    : table
  ).execute()
}
