/**
 * Real MariaDB and PostgreSQL servers for tests and benchmarks: installed programs on a private port of the loopback
 * address, with a private temporary data folder. Each ends with the process that started it, however that one ends.
 */
import { createDatabase, type ServerAddress, type TestDatabase } from './database-servers/create-database.ts'
import { mariadb } from './database-servers/mariadb.ts'
import { postgres } from './database-servers/postgres.ts'
import { type PrivateServer, startPrivateServer } from './database-servers/private-server.ts'

export { isInstalled } from './database-servers/installed.ts'

export type DatabaseServer = ServerAddress & PrivateServer & { createDatabase(name?: string): Promise<TestDatabase> }

/** With `durable: false` a commit does not wait for the disk: for tests that never cut the power. */
export type DatabaseServerOptions = { readonly durable?: boolean }

/** Commits are durable by default, as in production (innodb_flush_log_at_trx_commit=1). */
export async function startMariadb({ durable = true }: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  return withDatabases(await startPrivateServer(mariadb(durable)))
}

/** Commits are durable by default, as in production (fsync and synchronous_commit on). */
export async function startPostgres({ durable = true }: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  return withDatabases(await startPrivateServer(postgres(durable)))
}

function withDatabases(server: ServerAddress & PrivateServer): DatabaseServer {
  return Object.assign(server, { createDatabase: (name?: string) => createDatabase(server, name) })
}
