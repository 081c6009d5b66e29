/** Kysely on `mysql2`, with server-side prepared statements: parameters never become SQL text. */
import type { Socket } from 'node:net'
import { type Dialect, MysqlDialect, type MysqlPool, type MysqlPoolConnection } from 'kysely'
import type { Pool, PoolConnection } from 'mysql2'
import type { ServerAddress } from './database-url.ts'

const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 10_000 // a database that hangs is a database that is away
// Shorter by far: a statement that we no longer wait for goes on waiting there, and would take effect when nobody knows of it.
const LOCK_WAIT_SECONDS = 3
const KEEPALIVE_MS = 10_000 // who waits without a limit for a server that is gone hears of it

/** @param isPatient whether a statement may take longer than `STATEMENT_TIMEOUT_MS` */
export function mysqlDialect(address: ServerAddress, connections: number, isPatient = false): Dialect {
  const timeoutMs = isPatient ? undefined : STATEMENT_TIMEOUT_MS
  return new MysqlDialect({ pool: async () => adaptPool(await openPool(address, connections), timeoutMs) })
}

async function openPool(address: ServerAddress, connections: number): Promise<Pool> {
  const { createPool } = await import('mysql2') // only loaded when it is used: memory and start time
  const { host, port, user, password, database, tls } = address
  const pool = createPool({
    host,
    port,
    user,
    password,
    database,
    ...(tls ? { ssl: {} } : {}),
    charset: 'utf8mb4_bin',
    connectionLimit: connections,
    maxIdle: connections,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
    maxPreparedStatements: 200,
  })
  // The session's own rules, whatever the server's defaults: refuse what does not fit instead of cutting it.
  pool.on('connection', (connection) => {
    const orDestroy = (error: unknown) => void (error && connection.destroy()) // unheard, it would end the process
    connection.query(
      "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', session time_zone = '+00:00'",
      orDestroy,
    )
    connection.query('set session transaction isolation level read committed', orDestroy)
    // Of rows, and of tables: whoever waits to change one keeps all others from it.
    connection.query(
      `set session innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
      orDestroy,
    )
  })
  return pool
}

function adaptPool(pool: Pool, timeoutMs: number | undefined): MysqlPool {
  return {
    end: (done) => pool.end((error) => done(error)),
    getConnection(done) {
      // The pool itself lets everybody wait for ever for a connection, while all of them hang.
      const inTime = withTimeout(CONNECT_TIMEOUT_MS, done)
      pool.getConnection((error, connection) => {
        const isTaken = error
          ? inTime(error, undefined as never)
          : inTime(undefined, adaptConnection(connection, timeoutMs))
        if (!isTaken) connection?.release()
      })
    },
  }
}

const adapted = new WeakMap<PoolConnection, MysqlPoolConnection>()

// Kysely speaks to `query`, which builds SQL text in the client; we hand it `execute`.
function adaptConnection(connection: PoolConnection, timeoutMs: number | undefined): MysqlPoolConnection {
  const known = adapted.get(connection)
  if (known) return known
  const made = {
    threadId: connection.threadId,
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query(sql: string, parameters: unknown[], done: Done<unknown>): void {
      // Statements that steer the connection cannot be prepared everywhere; they carry no parameters.
      const method = parameters.length === 0 ? 'query' : 'execute'
      // mysql2's own time-out does not count what goes before: its place in the line, and preparing the statement.
      const settle = timeoutMs === undefined ? done : withTimeout(timeoutMs, done, () => cutOff(connection))
      connection[method]({ sql, values: parameters as never }, settle)
    },
  } as unknown as MysqlPoolConnection
  adapted.set(connection, made)
  return made
}

// Its late answer must reach nobody. mysql2's destroy() leaves the socket open until the other side has said goodbye too.
function cutOff(connection: PoolConnection): void {
  connection.destroy()
  ;(connection as unknown as { stream: Socket }).stream.destroy()
}

type Done<T> = (error: unknown, result: T) => void

/** The callback, called with an error when nobody else calls it in time. It answers whether it was the first call. */
function withTimeout<T>(
  milliseconds: number,
  done: Done<T>,
  onTimeout = () => {},
): (error: unknown, result: T) => boolean {
  let isDone = false
  const settle = (error: unknown, result: T) => {
    if (isDone) return false
    isDone = true
    clearTimeout(timer)
    done(error, result)
    return true
  }
  const timer = setTimeout(() => {
    onTimeout()
    settle(Object.assign(new Error('the database did not answer in time'), { code: 'ETIMEDOUT' }), undefined as T)
  }, milliseconds)
  return settle
}
