/** What the three databases' errors mean to us: try again, somebody was first, or the database is away. */
import { refused } from './refusal.ts'

/** A unique key refused a row: somebody was first. */
export class UniqueViolation extends Error {
  constructor(cause: unknown) {
    super('a row with this unique key exists', { cause })
    this.name = 'UniqueViolation'
  }
}

/** Deadlock, certification failure (Galera) or lock wait: the transaction did nothing and may run again. */
export class TransactionConflict extends Error {
  constructor(cause: unknown) {
    super('the transaction lost against another one', { cause })
    this.name = 'TransactionConflict'
  }
}

const RETRY_AFTER_SECONDS = 1

const uniqueCodes = new Set<unknown>(['ER_DUP_ENTRY', '23505', 1555, 2067]) // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE
const conflictCodes = new Set<unknown>([
  'ER_LOCK_DEADLOCK', // also Galera's certification failure
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CHECKREAD', // MariaDB 11 with innodb_snapshot_isolation
  '40001',
  '40P01',
  '55P03', // lock_timeout
])
const awayCodes = new Set<unknown>([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a socket file that is gone
  'EMFILE', // no file descriptor is left for a connection
  'EADDRNOTAVAIL', // no port is left for one
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_QUIT',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'PROTOCOL_UNEXPECTED_PACKET',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_OUT_OF_RESOURCES',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_QUERY_INTERRUPTED',
  'ER_QUERY_TIMEOUT', // max_execution_time, where an operator set one
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_UNKNOWN_COM_ERROR', // Galera: the node is not ready
  'ER_OPTION_PREVENTS_STATEMENT', // a replica that became read-only
  'ER_READ_ONLY_MODE',
  'ER_ACCESS_DENIED_ERROR', // a password that was changed there first
  '28P01',
  '25006', // PostgreSQL: read-only after a failover
  5, // SQLITE_BUSY after the time-out
  6, // SQLITE_LOCKED
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
])
// PostgreSQL: connection exception, insufficient resources, operator intervention, system error
const awayClasses = /^(08|53|57|58)/
const awayMessages =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|closed state|Connection lost|Connection is closed|not queryable|Pool is closed/i

/**
 * Turns a driver's error into one of ours. Anything unknown comes back as it is (a programmer's mistake, answered 500).
 * The cause goes to the log only: it names hosts.
 */
export function translateDatabaseError(error: unknown): unknown {
  const code = codeOf(error)
  if (uniqueCodes.has(code)) return new UniqueViolation(error)
  if (conflictCodes.has(code)) return new TransactionConflict(error)
  if (!isAway(code, error)) return error
  return refused('database-unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS }, error)
}

function isAway(code: unknown, error: unknown): boolean {
  if (awayCodes.has(code)) return true
  if (typeof code === 'number') return awayCodes.has(code & 0xff) // SQLite's extended codes
  if (typeof code === 'string' && code.length === 5 && awayClasses.test(code)) return true
  return error instanceof Error && awayMessages.test(error.message)
}

function codeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return codeOf(error.errors[0]) // Node tried several addresses of the host
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return errcode ?? code // node:sqlite: code is always ERR_SQLITE_ERROR
}
