/** `samurai-auth migrate`, `samurai-auth migrate status`: the schema of the database. */
import type { DatabaseAddress } from '../platform/database-url.ts'
import type { Database } from '../platform/db.ts'
import { bringUpToDate, migrationStatus } from '../platform/migrate.ts'
import { exitCodes, readOptions } from './command.ts'

/** Opens the database for one piece of work. */
export type UseDatabase = <T>(work: (database: Database) => Promise<T>) => Promise<T>

export async function migrateUp(args: readonly string[], findDatabase: () => DatabaseAddress): Promise<number> {
  readOptions(args, {})
  const steps = await bringUpToDate(findDatabase())
  for (const step of steps) console.log(`done     ${step}`)
  console.log(steps.length === 0 ? 'The schema is up to date.' : 'The schema is up to date now.')
  return exitCodes.done
}

/** Exit code 3 while steps are missing, so that a script can ask. */
export async function showMigrations(args: readonly string[], use: UseDatabase): Promise<number> {
  readOptions(args, {})
  const steps = await use(({ db }) => migrationStatus(db))
  for (const { name, executedAt } of steps) console.log(`${executedAt?.toISOString() ?? 'missing'.padEnd(24)}  ${name}`)
  return steps.every(({ executedAt }) => executedAt) ? exitCodes.done : exitCodes.incomplete
}
