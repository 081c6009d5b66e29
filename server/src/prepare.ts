/** What is done once, before any process serves. */
import type { Config } from './config.ts'
import type { Logger } from './platform/logger.ts'
import { bringUpToDate } from './platform/migrate.ts'

/** Brings the schema up to date, under a lock that other starting processes respect. */
export async function prepare(config: Config, logger: Logger): Promise<void> {
  const steps = await bringUpToDate(config.database)
  if (steps.length > 0) logger.info({ steps }, 'schema brought up to date')
}
