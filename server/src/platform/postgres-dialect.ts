/** Kysely on `pg`. */
import { type Dialect, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { ServerAddress } from './database-url.ts'

const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 10_000
// Shorter by far: a statement that we no longer wait for goes on waiting there, and would take effect when nobody knows of it.
const LOCK_WAIT_MS = 3_000
const KEEPALIVE_MS = 10_000 // who waits without a limit for a server that is gone hears of it
const INT8 = 20 // pg_type: bigint

/** @param isPatient whether a statement may take longer than `STATEMENT_TIMEOUT_MS` */
export function postgresDialect(address: ServerAddress, connections: number, isPatient = false): Dialect {
  return new PostgresDialect({
    pool: async () => {
      const { default: pg } = await import('pg') // only loaded when it is used: memory and start time
      const { host, port, user, password, database, tls } = address
      const pool = new pg.Pool({
        host,
        port,
        user,
        password,
        database,
        ssl: tls,
        max: connections,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        query_timeout: isPatient ? undefined : STATEMENT_TIMEOUT_MS,
        idleTimeoutMillis: 0,
        keepAlive: true,
        keepAliveInitialDelayMillis: KEEPALIVE_MS,
        application_name: 'samurai-auth',
        // Times and ids are below 2^53: numbers here, as in the other two databases.
        types: {
          getTypeParser: ((oid: number, format?: 'text') =>
            oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
        },
      })
      pool.on('error', () => {}) // an idle connection broke: the pool opens another when one is needed, and that one tells
      // One that breaks while it is in use says so twice: to its statement, and here, where silence would end the process.
      pool.on('connect', (client) => {
        client.on('error', () => {})
        // Not as a parameter of the connection: poolers refuse those that they do not know.
        client.query(`set lock_timeout = ${LOCK_WAIT_MS}`).catch(() => client.end())
      })
      return adaptPool(pool)
    },
  })
}

function adaptPool(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => adaptClient(await pool.connect()),
    end: () => pool.end(),
  }
}

// A statement that timed out still runs on its connection, and what waits behind it may come true later: a `begin` would
// open a transaction that nobody knows of, for the next user of the connection to lose everything in.
function adaptClient(client: PoolClient): PostgresPoolClient {
  let isBroken = false
  async function query(text: string, parameters: unknown[]): Promise<unknown> {
    if (isBroken) throw new Error('Connection terminated: it hangs')
    return client.query(text, parameters).catch((error: unknown) => {
      isBroken = isTimeout(error)
      throw error
    })
  }
  return {
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(isBroken || destroy),
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}
