import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  const table = db.schema
    .createTable('user_role')
    .ifNotExists()
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('role', 'varchar(50)', (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addColumn('granted_by', 'bigint')
    .addPrimaryKeyConstraint('user_role_key', ['user_id', 'role'])
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
