import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // MySQL's DDL commits: a step that was cut off may find its column made.
  if (db.getExecutor().adapter instanceof MysqlAdapter && (await isMade(db))) return
  await db.schema.alterTable('session').addColumn('current_token_hash', 'varchar(43)').execute()
}

async function isMade(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.columns
    where table_schema = database() and table_name = 'session' and column_name = 'current_token_hash' limit 1`.execute(
    db,
  )
  return rows.length > 0
}
