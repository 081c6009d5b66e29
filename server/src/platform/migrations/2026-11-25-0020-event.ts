import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('event')
    .ifNotExists()
    .addColumn('id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('type', 'varchar(60)', (column) => column.notNull())
    .addColumn('occurred_at', 'bigint', (column) => column.notNull())
    .addColumn('user_id', 'bigint')
    .addColumn('actor_kind', 'varchar(20)', (column) => column.notNull())
    .addColumn('actor_id', 'bigint')
    .addColumn('session_id', 'varchar(32)')
    .addColumn('client_id', 'varchar(255)')
    .addColumn('address', 'varchar(45)')
    .addColumn('user_agent', 'varchar(255)')
    .addColumn('result', 'varchar(20)', (column) => column.notNull())
    .addColumn('reason', 'varchar(60)')
    .addColumn('data', 'text', (column) => column.notNull())
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
