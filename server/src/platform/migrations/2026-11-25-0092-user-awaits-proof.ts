import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // MySQL's DDL commits: a step that was cut off may find its column made.
  if (db.getExecutor().adapter instanceof MysqlAdapter && (await isMade(db))) return
  await db.schema.alterTable('user').addColumn('awaits_proof_since', 'bigint').execute()
}

async function isMade(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.columns
    where table_schema = database() and table_name = 'user' and column_name = 'awaits_proof_since' limit 1`.execute(db)
  return rows.length > 0
}
