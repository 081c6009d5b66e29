import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const table = db.schema
    .createTable('passkey')
    .ifNotExists()
    .addColumn('id', 'varchar(32)', (column) => column.primaryKey())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('credential_id', 'text', (column) => column.notNull())
    // Of up to 1023 bytes: too long for a unique key of MySQL, so its SHA-256 is the key.
    .addColumn('credential_hash', 'varchar(64)', (column) => column.notNull().unique())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('rp_id', 'varchar(253)', (column) => column.notNull())
    .addColumn('signature_count', 'bigint', (column) => column.notNull())
    .addColumn('is_backup_eligible', 'smallint', (column) => column.notNull())
    .addColumn('is_backed_up', 'smallint', (column) => column.notNull())
    .addColumn('transports', 'varchar(255)', (column) => column.notNull())
    .addColumn('aaguid', 'varchar(36)', (column) => column.notNull())
    .addColumn('name', 'varchar(100)', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? table.modifyEnd(sql`character set utf8mb4 collate utf8mb4_bin`) : table).execute()
}
