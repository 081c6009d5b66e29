/** The database: one typed door to SQLite, MySQL/MariaDB and PostgreSQL. Knows no table's meaning. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Dialect, Kysely, sql } from 'kysely'
import { withEnding } from './after-commit.ts'
import { TransactionConflict } from './database-errors.ts'
import type { DatabaseAddress } from './database-url.ts'
import { mysqlDialect } from './mysql-dialect.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { refused } from './refusal.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Tables } from './tables.ts'
import { withTranslatedErrors } from './translated-driver.ts'

/** What a store's function takes first: the database, or the caller's transaction. */
export type Db = Kysely<Tables>

export type Database = {
  kind: DatabaseAddress['kind']
  db: Db
  /**
   * Runs `work` in one transaction. Deadlocks, certification failures and locks that somebody holds for seconds run it again, up
   * to five times within five seconds: it must have no effect outside of the database.
   *
   * @throws Refusal 'database-unavailable' when it has lost each time
   */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>
  /** Runs one statement that commits by itself, again under the same conditions. */
  statement<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** One cheap round trip. @throws Refusal 'database-unavailable' */
  ping(): Promise<void>
  close(): Promise<void>
}

const ATTEMPTS = 5
/** No attempt begins later than this after the first one: whoever asked has gone, or asks again. */
const RETRY_WITHIN_MS = 5_000

export type DatabaseOptions = {
  /** Waits for each statement as long as it takes: for the steps of the schema only. Otherwise ten seconds, on MySQL and PostgreSQL. */
  readonly isPatient?: boolean
}

/** Opens lazily: nothing is connected before the first statement. `connections` is the size of the pool. */
export function openDatabase(
  address: DatabaseAddress,
  connections: number,
  { isPatient = false }: DatabaseOptions = {},
): Database {
  const db = new Kysely<Tables>({ dialect: withTranslatedErrors(dialectOf(address, connections, isPatient)) })
  return {
    kind: address.kind,
    db,
    transaction: (work) => withRetries(() => withEnding((run) => db.transaction().execute(run), work)),
    statement: (work) => withRetries(() => work(db)),
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    close: () => db.destroy(),
  }
}

function dialectOf(address: DatabaseAddress, connections: number, isPatient: boolean): Dialect {
  if (address.kind === 'mysql') return mysqlDialect(address, connections, isPatient)
  if (address.kind === 'postgres') return postgresDialect(address, connections, isPatient)
  mkdirSync(dirname(address.file), { recursive: true, mode: 0o700 })
  return sqliteDialect(address.file)
}

async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TransactionConflict)) throw error
      const isTooLate = performance.now() - startedAt > RETRY_WITHIN_MS
      if (attempt === ATTEMPTS || isTooLate) throw refused('database-unavailable', { retryAfterSeconds: 1 }, error)
      await wait(Math.random() * 10 * 2 ** attempt) // full jitter, so that two losers do not meet again
    }
  }
}
