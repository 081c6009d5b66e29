import { type Kysely, MysqlAdapter, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // MySQL has no `create index if not exists`, and its DDL commits: a step that was cut off may find its index made.
  if (db.getExecutor().adapter instanceof MysqlAdapter && (await isMade(db))) return
  await db.schema.createIndex('event_by_type').on('event').columns(['type', 'position']).execute()
}

async function isMade(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = 'event' and index_name = 'event_by_type' limit 1`.execute(db)
  return rows.length > 0
}
