import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  const table = db.schema
    .createTable('mail')
    .ifNotExists()
    .addColumn('id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('message', 'varchar(40)', (column) => column.notNull())
    .addColumn('user_id', 'bigint')
    .addColumn('is_decoy', 'integer', (column) => column.notNull())
    // Two bodies, sealed, in base64: more than the 64 KiB of MySQL's text.
    .addColumn('sealed', isMysql ? sql`mediumtext` : 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('give_up_at', 'bigint', (column) => column.notNull())
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
