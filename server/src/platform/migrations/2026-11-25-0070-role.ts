import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  const role = db.schema
    .createTable('role')
    .ifNotExists()
    .addColumn('name', 'varchar(50)', (column) => column.primaryKey())
    .addColumn('permissions', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
  await (isMysql ? role.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : role).execute()
}
