import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('session')
    .ifNotExists()
    .addColumn('id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('access_expires_at', 'bigint', (column) => column.notNull())
    .addColumn('current_token_id', 'varchar(255)', (column) => column.notNull())
    .addColumn('parent_token_id', 'varchar(255)')
    .addColumn('rotated_at', 'bigint')
    .addColumn('successor_sealed', 'text')
    .addColumn('ended_at', 'bigint')
    .addColumn('end_reason', 'varchar(40)')
    .addColumn('address', 'varchar(45)')
    .addColumn('user_agent', 'varchar(255)')
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
