/** Kysely on `node:sqlite`: the embedded default. Durable commits, one writer at a time, other processes respected. */

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'

const BUSY_TIMEOUT_MS = 5_000
const BUSY_PAUSE_MS = 5
const SAME_LOCK_MS = 1_000
const PREPARED_STATEMENTS = 200 // more distinct statements than this service has

export function sqliteDialect(file: string): Dialect {
  return {
    createAdapter: () => new TransactionalDdlAdapter(),
    createDriver: () => new ImmediateSqliteDriver({ database: () => openFile(file) }),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

// SQLite's DDL is transactional. Saying so makes the migrator work in one transaction, and as ours begin `immediate`,
// that transaction is the lock which several starting processes respect.
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class ImmediateSqliteDriver extends SqliteDriver {
  #connection: DatabaseConnection | undefined

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= patient(await super.acquireConnection())
    return this.#connection
  }

  // `begin immediate` takes the write lock at once: a read transaction that wants to write later can fail with SQLITE_BUSY
  // without waiting (https://sqlite.org/lang_transaction.html, 2.2).
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  // Some errors, a full disk among them, have rolled back already (section 3 there).
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.includes('no transaction is active')) throw error
    })
  }
}

// SQLite's own way of waiting for another process's lock would keep the whole of ours waiting. A statement that was refused
// as busy has done nothing, so it is tried again. Whoever queued behind it does not wait another time for the same lock.
function patient(connection: DatabaseConnection): DatabaseConnection {
  let lock: { since: number; seenAt: number } | undefined

  /** @returns the milliseconds for which it has been there */
  function noteLock(): number {
    const now = performance.now()
    const since = lock && now - lock.seenAt < SAME_LOCK_MS ? lock.since : now
    lock = { since, seenAt: now }
    return now - since
  }

  async function executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    for (;;) {
      try {
        const result = await connection.executeQuery<R>(query)
        if (result.numAffectedRows !== undefined) lock = undefined // it could write
        return result
      } catch (error) {
        if (!isBusy(error) || noteLock() > BUSY_TIMEOUT_MS) throw error
        await wait(BUSY_PAUSE_MS)
      }
    }
  }
  return { executeQuery, streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize) }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === 'number' && (errcode & 0xff) === SQLITE_BUSY // the low byte: there are several kinds of it
}

async function openFile(file: string): Promise<SqliteDatabase> {
  const database = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true }) // we wait ourselves
  await keepLogAhead(database).catch((error: unknown) => {
    database.close()
    throw error
  })
  database.exec('pragma synchronous = full') // a commit that was answered survives a power cut
  const statements = new Map<string, SqliteStatement>()
  return {
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      const statement = adapt(database.prepare(sql))
      if (statements.size < PREPARED_STATEMENTS) statements.set(sql, statement)
      return statement
    },
    close() {
      statements.clear()
      database.close()
    },
  }
}

// Of several processes that open a new file at once one makes it a file with a write-ahead log. The others have begun to read it
// then, and SQLite keeps nobody waiting whose lock is to become a stronger one, whatever its time-out: it is busy at once.
async function keepLogAhead(database: DatabaseSync): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    try {
      return database.exec('pragma journal_mode = wal')
    } catch (error) {
      if (!isBusy(error) || performance.now() - startedAt > BUSY_TIMEOUT_MS) throw error
      await wait(BUSY_PAUSE_MS)
    }
  }
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
