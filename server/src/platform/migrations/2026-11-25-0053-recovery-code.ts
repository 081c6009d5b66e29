import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('recovery_code')
    .ifNotExists()
    .addColumn('set_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('code_hash', 'varchar(64)', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .addPrimaryKeyConstraint('recovery_code_key', ['set_id', 'code_hash'])
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
