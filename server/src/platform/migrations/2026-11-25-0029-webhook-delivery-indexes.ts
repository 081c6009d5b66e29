import { type Kysely, MysqlAdapter, sql } from 'kysely'

const indexes = {
  webhook_delivery_due: ['endpoint_id', 'state', 'next_at'],
  webhook_delivery_of_user: ['endpoint_id', 'user_id', 'state', 'sequence'],
  webhook_delivery_finished: ['finished_at'],
}

export async function up(db: Kysely<unknown>): Promise<void> {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  for (const [name, columns] of Object.entries(indexes)) {
    // MySQL has no `create index if not exists`, and its DDL commits: a step that was cut off may find an index made.
    if (isMysql && (await isMade(db, name))) continue
    await db.schema.createIndex(name).on('webhook_delivery').columns(columns).execute()
  }
}

async function isMade(db: Kysely<unknown>, name: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = 'webhook_delivery' and index_name = ${name}
    limit 1`.execute(db)
  return rows.length > 0
}
