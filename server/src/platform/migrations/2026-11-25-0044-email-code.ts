import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('email_code')
    .ifNotExists()
    .addColumn('slot', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('id', 'varchar(32)', (column) => column.notNull())
    .addColumn('purpose', 'varchar(40)', (column) => column.notNull())
    .addColumn('user_id', 'bigint')
    .addColumn('address', 'varchar(254)', (column) => column.notNull())
    .addColumn('state', 'varchar(255)', (column) => column.notNull())
    .addColumn('code_hash', 'varchar(64)')
    .addColumn('token_hash', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
