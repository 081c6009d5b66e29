import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely'
import { translateDatabaseError } from './database-errors.ts'

/** The same dialect, its errors turned into ours where they arise: no caller ever sees a driver's own error. */
export function withTranslatedErrors(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => translated(dialect.createDriver()),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  }
}

type Inner = { inner: DatabaseConnection }

function translated(driver: Driver): Driver {
  const wrappers = new WeakMap<DatabaseConnection, DatabaseConnection & Inner>()
  const innerOf = (connection: DatabaseConnection) => (connection as DatabaseConnection & Inner).inner
  const wrap = (inner: DatabaseConnection) => {
    const known = wrappers.get(inner) ?? wrapConnection(inner)
    wrappers.set(inner, known)
    return known
  }
  return {
    init: () => attempt(() => driver.init()),
    acquireConnection: () => attempt(async () => wrap(await driver.acquireConnection())),
    releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
    beginTransaction: (connection, settings) => attempt(() => driver.beginTransaction(innerOf(connection), settings)),
    commitTransaction: (connection) => attempt(() => driver.commitTransaction(innerOf(connection))),
    rollbackTransaction: (connection) => attempt(() => driver.rollbackTransaction(innerOf(connection))),
    destroy: () => driver.destroy(),
  }
}

function wrapConnection(inner: DatabaseConnection): DatabaseConnection & Inner {
  return {
    ...(inner as object),
    inner,
    executeQuery: <R>(query: CompiledQuery): Promise<QueryResult<R>> => attempt(() => inner.executeQuery<R>(query)),
    streamQuery: <R>(query: CompiledQuery, chunkSize: number) => inner.streamQuery<R>(query, chunkSize),
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateDatabaseError(error)
  }
}
