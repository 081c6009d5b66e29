import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('user_handle')
    .ifNotExists()
    .addColumn('user_id', 'bigint', (column) => column.primaryKey())
    .addColumn('handle', 'varchar(86)', (column) => column.notNull().unique())
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
