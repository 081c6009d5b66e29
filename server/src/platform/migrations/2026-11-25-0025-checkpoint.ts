import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('checkpoint')
    .ifNotExists()
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('signed_at', 'bigint', (column) => column.notNull())
    .addColumn('jws', 'text', (column) => column.notNull())
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
