import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // MySQL has no `create index if not exists`, and its DDL commits: a step that was cut off may find its index made.
  if (db.getExecutor().adapter instanceof MysqlAdapter && (await isMade(db))) return
  await db.schema.createIndex('account_deletion_by_due').on('account_deletion').column('due_at').execute()
}

async function isMade(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = 'account_deletion' and index_name = 'account_deletion_by_due'
    limit 1`.execute(db)
  return rows.length > 0
}
