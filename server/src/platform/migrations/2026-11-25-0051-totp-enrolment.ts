import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('totp_enrolment')
    .ifNotExists()
    .addColumn('user_id', 'bigint', (column) => column.primaryKey())
    .addColumn('id', 'varchar(32)', (column) => column.notNull())
    .addColumn('session_id', 'varchar(32)')
    .addColumn('secret_sealed', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
