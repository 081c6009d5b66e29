import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('refused_code')
    .ifNotExists()
    .addColumn('counter', 'integer', (column) => column.primaryKey())
    .addColumn('refusals', 'bigint', (column) => column.notNull())
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
