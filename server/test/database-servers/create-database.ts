/** What tests ask of a database server: does it answer, a new database, and the end of that database. */
import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

export type ServerKind = 'mysql' | 'postgres'
export type ServerAddress = {
  readonly kind: ServerKind
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}
/** `url` is a DATABASE_URL. */
export type TestDatabase = { readonly name: string; readonly url: string; readonly drop: () => Promise<void> }

/**
 * Creates an empty database.
 * @param name lower case letters, digits and `_`; a random one without it
 * @param more the end of the statement
 * @throws TypeError for another name
 */
export async function createDatabase(server: ServerAddress, name = randomName(), more = ''): Promise<TestDatabase> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new TypeError(`not the name of a test database: ${name}`)
  await runOn[server.kind](server, `CREATE DATABASE ${name} ${more}`)
  return {
    name,
    url: `${serverUrl(server)}/${name}`,
    drop: () => runOn[server.kind](server, dropStatement[server.kind](name)),
  }
}

/** Logs in and out again. */
export async function connectTo(server: ServerAddress): Promise<void> {
  await runOn[server.kind](server, 'SELECT 1')
}

/** The server as the beginning of a DATABASE_URL, to be handed to another process. */
export function serverUrl({ kind, host, port, user, password }: ServerAddress): string {
  return `${kind}://${user}:${password}@${host}:${port}`
}

/** Reads what `serverUrl` wrote. */
export function parseServerUrl(kind: ServerKind, text: string): ServerAddress {
  const { hostname, port, username, password } = new URL(text)
  return { kind, host: hostname, port: Number(port), user: username, password }
}

const dropStatement: Record<ServerKind, (name: string) => string> = {
  mysql: (name) => `DROP DATABASE IF EXISTS ${name}`,
  postgres: (name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, // connections still open do not keep it
}

// Everything is said here, so that no PG* variable of the environment has a part in it.
const runOn: Record<ServerKind, (server: ServerAddress, statement: string) => Promise<void>> = {
  mysql: async ({ host, port, user, password }, statement) => {
    const connection = await createConnection({ host, port, user, password })
    await connection.query(statement).finally(() => connection.end())
  },
  postgres: async ({ host, port, user, password }, statement) => {
    const client = new Client({ host, port, user, password, database: 'postgres', ssl: false })
    client.on('error', () => undefined) // a lost connection rejects the query below; unheard, it would end the process
    try {
      await client.connect()
      await client.query(statement)
    } finally {
      await client.end()
    }
  },
}

function randomName(): string {
  return `test_${randomBytes(8).toString('hex')}`
}
