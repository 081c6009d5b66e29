import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('totp')
    .ifNotExists()
    .addColumn('user_id', 'bigint', (column) => column.primaryKey())
    .addColumn('id', 'varchar(32)', (column) => column.notNull())
    .addColumn('secret_sealed', 'text', (column) => column.notNull())
    .addColumn('enrolled_at', 'bigint', (column) => column.notNull())
    .addColumn('last_step', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
