import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TransactionConflict, translateDatabaseError, UniqueViolation } from './database-errors.ts'
import { Refusal } from './refusal.ts'

const withCode = (code: string) => Object.assign(new Error('as the driver words it'), { code })
const fromSqlite = (errcode: number) => Object.assign(withCode('ERR_SQLITE_ERROR'), { errcode })

const unique: [name: string, error: Error][] = [
  ['MySQL: a duplicate', withCode('ER_DUP_ENTRY')],
  ['PostgreSQL: a duplicate', withCode('23505')],
  ['SQLite: a second row with this unique key', fromSqlite(2067)],
  ['SQLite: a second row with this primary key', fromSqlite(1555)],
]

const conflicts: [name: string, error: Error][] = [
  ['MySQL: a deadlock, or a certification failure of Galera', withCode('ER_LOCK_DEADLOCK')],
  ['MySQL: a lock waited for too long', withCode('ER_LOCK_WAIT_TIMEOUT')],
  ['MariaDB: a row changed since the snapshot', withCode('ER_CHECKREAD')],
  ['PostgreSQL: a serialization failure', withCode('40001')],
  ['PostgreSQL: a deadlock', withCode('40P01')],
  ['PostgreSQL: a lock waited for too long', withCode('55P03')],
]

const away: [name: string, error: Error][] = [
  ['nobody listens', withCode('ECONNREFUSED')],
  ['nobody listens, tried at several addresses', new AggregateError([withCode('ECONNREFUSED')])],
  ['the connection broke', withCode('ECONNRESET')],
  ['the host has no address', withCode('ENOTFOUND')],
  ['no answer to the connection', withCode('ETIMEDOUT')],
  ['the socket file is gone', withCode('ENOENT')],
  ['no file descriptor is left', withCode('EMFILE')],
  ['MySQL: the connection was lost', withCode('PROTOCOL_CONNECTION_LOST')],
  ['MySQL: no answer to a statement', withCode('PROTOCOL_SEQUENCE_TIMEOUT')],
  ['MySQL: the server ends', withCode('ER_SERVER_SHUTDOWN')],
  ['MySQL: too many connections', withCode('ER_CON_COUNT_ERROR')],
  ['MySQL: the disk is full', withCode('ER_RECORD_FILE_FULL')],
  ['MySQL: the server became read-only', withCode('ER_OPTION_PREVENTS_STATEMENT')],
  ['MySQL: the password is another now', withCode('ER_ACCESS_DENIED_ERROR')],
  ['MySQL: a connection that was closed', new Error("Can't add new command when connection is in closed state")],
  ['PostgreSQL: the server ends', withCode('57P01')],
  ['PostgreSQL: the server crashed', withCode('57P02')],
  ['PostgreSQL: the server starts', withCode('57P03')],
  ['PostgreSQL: too many connections', withCode('53300')],
  ['PostgreSQL: the disk is full', withCode('53100')],
  ['PostgreSQL: the disk fails', withCode('58030')],
  ['PostgreSQL: the connection failed', withCode('08006')],
  ['PostgreSQL: the server became read-only', withCode('25006')],
  ['PostgreSQL: the password is another now', withCode('28P01')],
  ['PostgreSQL: no answer to a statement', new Error('Query read timeout')],
  ['PostgreSQL: no connection in time', new Error('timeout exceeded when trying to connect')],
  ['PostgreSQL: the connection broke', new Error('Connection terminated unexpectedly')],
  ['PostgreSQL: a broken connection', new Error('Client has encountered a connection error and is not queryable')],
  ['SQLite: somebody else writes', fromSqlite(5)],
  ['SQLite: somebody else repairs', fromSqlite(261)],
  ['SQLite: read-only', fromSqlite(8)],
  ['SQLite: the disk fails', fromSqlite(10)],
  ['SQLite: the disk fails while it writes', fromSqlite(778)],
  ['SQLite: the disk is full', fromSqlite(13)],
  ['SQLite: the file cannot be opened', fromSqlite(14)],
]

const unknown: [name: string, error: unknown][] = [
  ['MySQL: a mistake in a statement', withCode('ER_PARSE_ERROR')],
  ['PostgreSQL: a table that is not there', withCode('42P01')],
  ['SQLite: a mistake in a statement', fromSqlite(1)],
  ['SQLite: a row that breaks another rule', fromSqlite(787)],
  ['an error of the system that begins like one of PostgreSQL', withCode('57')],
  ['an error without a code', new Error('something else')],
  ['no error at all', 'text'],
  ['a refusal of ours', new Refusal('identifier-taken', {})],
]

describe('somebody was first:', () => {
  for (const [name, error] of unique) {
    test(name, () => {
      const translated = translateDatabaseError(error)
      assert.ok(translated instanceof UniqueViolation)
      assert.equal(translated.cause, error)
    })
  }
})

describe('the transaction may run again:', () => {
  for (const [name, error] of conflicts) {
    test(name, () => {
      const translated = translateDatabaseError(error)
      assert.ok(translated instanceof TransactionConflict)
      assert.equal(translated.cause, error)
    })
  }
})

describe('the database is away, and may be asked again after a second:', () => {
  for (const [name, error] of away) {
    test(name, () => {
      const translated = translateDatabaseError(error)
      assert.ok(translated instanceof Refusal)
      assert.equal(translated.code, 'database-unavailable')
      assert.deepEqual(translated.facts, { retryAfterSeconds: 1 })
      assert.equal(translated.cause, error)
    })
  }
})

describe('nothing is known about it, so it stays what it is:', () => {
  for (const [name, error] of unknown) test(name, () => assert.equal(translateDatabaseError(error), error))
})
