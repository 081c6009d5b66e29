import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { freshDatabase } from '../../test/databases.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { type Database, type Db, openDatabase } from './db.ts'

const BUSY_TIMEOUT_MS = 5_000
const away = { name: 'Refusal', code: 'database-unavailable' }

test('who wants to write while another process does waits, without keeping anything else waiting', async (t) => {
  const { database, other } = await open(t)
  other.exec('begin immediate')
  const writing = database.transaction((tx) => write(tx, 'waited'))
  const longest = await longestTurn(2_000)
  other.exec('commit')
  await writing
  assert.ok(longest < 1_000, `the event loop stood still for ${Math.round(longest)} ms`)
  assert.deepEqual(
    other
      .prepare('select text from note')
      .all()
      .map(({ text }) => text),
    ['waited'],
  )
})

test('who waited for too long is told so, and with them everybody behind them; readers are not', async (t) => {
  const { database, other } = await open(t)
  other.exec('begin immediate')
  const startedAt = performance.now()
  const asked = Array.from({ length: 5 }, () => [
    assert.rejects(write(database.db, 'alone'), away),
    database.ping(),
    assert.rejects(
      database.transaction((tx) => write(tx, 'in a transaction')),
      away,
    ),
  ])
  await Promise.all(asked.flat())
  const waited = performance.now() - startedAt
  assert.ok(waited >= BUSY_TIMEOUT_MS * 0.9 && waited < BUSY_TIMEOUT_MS * 1.5, `${waited} ms`)
  other.exec('rollback')
})

test('who meets the next lock waits again', async (t) => {
  const { database, other } = await open(t)
  other.exec('begin immediate')
  await assert.rejects(write(database.db, 'refused'), away)
  other.exec('rollback')
  await wait(1_100) // the last lock is history
  other.exec('begin immediate')
  setTimeout(() => other.exec('commit'), 100)
  await write(database.db, 'waited')
})

for (const [name, statement] of [
  ['has no room left', 'pragma max_page_count = 1'],
  ['became read-only', 'pragma query_only = on'],
] as const) {
  test(`a database that ${name} is away for writers, not broken`, async (t) => {
    const { database } = await open(t)
    await write(database.db, 'before')
    await sql.raw(statement).execute(database.db)
    const large = 'x'.repeat(100_000)
    await assert.rejects(write(database.db, large), away)
    await assert.rejects(
      database.transaction(async (tx) => {
        await write(tx, 'small')
        await write(tx, large)
      }),
      away,
    )
    await database.ping()
    await sql.raw('pragma query_only = off').execute(database.db)
    await sql.raw('pragma max_page_count = 100000').execute(database.db)
    await write(database.db, 'after')
    const { rows } = await sql<{ text: string }>`select text from note`.execute(database.db)
    assert.deepEqual(
      rows.map(({ text }) => text),
      ['before', 'after'],
    )
  })
}

// Several processes that start at once on a new file: whoever has begun to read cannot take the lock that another one has, and
// SQLite says so at once instead of waiting (sqlite3BtreeBeginTrans asks nobody to wait when a lock is to become a stronger one).
test('who opens a new file that another process is just writing to waits, and then keeps a write-ahead log', async (t) => {
  const { url } = await freshDatabase(t, 'sqlite')
  const other = new DatabaseSync(url.replace('sqlite:', ''))
  t.after(() => other.close())
  other.exec('begin immediate; create table note (text)')
  setTimeout(() => other.exec('commit'), 300)
  const database = openDatabase(parseDatabaseUrl(url), 1)
  t.after(() => database.close())
  const longest = longestTurn(500)
  await database.ping()
  await write(database.db, 'written')
  assert.ok((await longest) < 250, 'and keeps nothing else waiting')
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database.db)
  assert.equal(rows[0]?.journal_mode, 'wal')
})

test('who cannot open it for too long is told that it is away', async (t) => {
  const { url } = await freshDatabase(t, 'sqlite')
  const other = new DatabaseSync(url.replace('sqlite:', ''))
  t.after(() => other.close())
  other.exec('begin immediate; create table note (text)')
  const database = openDatabase(parseDatabaseUrl(url), 1)
  t.after(() => database.close())
  const startedAt = performance.now()
  await assert.rejects(database.ping(), away)
  assert.ok(performance.now() - startedAt >= BUSY_TIMEOUT_MS * 0.9)
  other.exec('commit')
  await write(database.db, 'later')
})

async function open(t: TestContext): Promise<{ database: Database; other: DatabaseSync }> {
  const address = parseDatabaseUrl((await freshDatabase(t, 'sqlite')).url)
  assert.ok(address.kind === 'sqlite')
  const database = openDatabase(address, 1)
  await sql`create table note (text text)`.execute(database.db)
  const other = new DatabaseSync(address.file)
  t.after(() => {
    other.close()
    return database.close()
  })
  return { database, other }
}

async function write(db: Db, text: string): Promise<void> {
  await sql`insert into note values (${text})`.execute(db)
}

/** @returns the milliseconds of the longest turn of the event loop within so many milliseconds */
async function longestTurn(milliseconds: number): Promise<number> {
  const startedAt = performance.now()
  let longest = 0
  for (let last = startedAt; last - startedAt < milliseconds; ) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  return longest
}
