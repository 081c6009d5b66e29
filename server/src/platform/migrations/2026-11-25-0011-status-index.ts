import { type ColumnDefinitionBuilder, type Kysely, MysqlAdapter, PostgresAdapter } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const { adapter } = db.getExecutor()
  // It counts on whatever is removed: SQLite's `autoincrement`, as MariaDB's counter since 10.2, never gives a number again.
  const id = (column: ColumnDefinitionBuilder) =>
    adapter instanceof PostgresAdapter
      ? column.primaryKey().generatedByDefaultAsIdentity()
      : column.primaryKey().autoIncrement()
  await db.schema
    .createTable('status_index')
    .ifNotExists()
    .addColumn('id', adapter instanceof MysqlAdapter || adapter instanceof PostgresAdapter ? 'bigint' : 'integer', id)
    .addColumn('allotted_at', 'bigint', (column) => column.notNull())
    .execute()
}
