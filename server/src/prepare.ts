/** What is done once, before any process serves. */
import type { Config } from './config.ts'
import { openDatabase } from './platform/db.ts'
import type { Logger } from './platform/logger.ts'
import { migrate } from './platform/migrate.ts'

/** Brings the schema up to date, under a lock that other starting processes respect. */
export async function prepare(config: Config, logger: Logger): Promise<void> {
  const database = openDatabase(config.database, 1)
  try {
    const steps = await migrate(database.db)
    if (steps.length > 0) logger.info({ steps }, 'schema brought up to date')
  } finally {
    await database.close()
  }
}
