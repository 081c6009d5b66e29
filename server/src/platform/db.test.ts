/** What is the same on all three databases: transactions, their repetition, and what their errors mean. */
import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { type DatabaseKind, databases, freshDatabase } from '../../test/databases.ts'
import { beforeCommit } from './after-commit.ts'
import { TransactionConflict, UniqueViolation } from './database-errors.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { type Database, type Db, openDatabase } from './db.ts'
import { Refusal } from './refusal.ts'

const STATEMENT_TIMEOUT_MS = 10_000

describe('a database', { concurrency: true }, () => {
  for (const { kind, name } of databases()) describe(name, { concurrency: true }, () => describeDatabase(kind))
})

function describeDatabase(kind: DatabaseKind): void {
  test('a transaction that fails leaves nothing behind', async (t) => {
    const { database } = await open(t, kind)
    const failing = database.transaction(async (tx) => {
      await insert(tx, 'a')
      throw new RangeError('on purpose')
    })
    await assert.rejects(failing, RangeError)
    assert.deepEqual(await list(database.db), [])
  })

  test('a second row with a unique key is a unique violation, by itself and in a transaction', async (t) => {
    const { database } = await open(t, kind)
    await insert(database.db, 'a', 'one')
    await assert.rejects(insert(database.db, 'a'), UniqueViolation)
    await assert.rejects(insert(database.db, 'b', 'one'), UniqueViolation)
    await assert.rejects(
      database.transaction((tx) => insert(tx, 'a')),
      UniqueViolation,
    )
    assert.deepEqual(await list(database.db), ['a'])
  })

  test('a mistake in a statement stays what it is, and the connection goes on', async (t) => {
    const { database } = await open(t, kind)
    const failing = database.transaction((tx) => sql`select no_such_column from note`.execute(tx))
    await assert.rejects(failing, (error) => error instanceof Error && !(error instanceof Refusal))
    await insert(database.db, 'a')
    assert.deepEqual(await list(database.db), ['a'])
  })

  test('what is put off to the end of a transaction is its last statement, and fails with it and it with that', async (t) => {
    const { database } = await open(t, kind)
    const work = database.transaction(async (tx) => {
      beforeCommit(tx, () => insert(tx, 'b', 'one'))
      beforeCommit(tx, () => insert(tx, 'c'))
      assert.deepEqual(await list(tx), [])
      await insert(tx, 'a')
      return 'done'
    })
    assert.equal(await work, 'done')
    assert.deepEqual(await list(database.db), ['a', 'b', 'c'])
    const failing = database.transaction(async (tx) => {
      beforeCommit(tx, () => insert(tx, 'e', 'one'))
      await insert(tx, 'd')
    })
    await assert.rejects(failing, UniqueViolation)
    assert.deepEqual(await list(database.db), ['a', 'b', 'c'])
    assert.throws(() => beforeCommit(database.db, async () => {}), TypeError)
  })

  test('what lost against another transaction runs again, five times at the most', async (t) => {
    const { database } = await open(t, kind)
    let runs = 0
    const work = async (tx: Db) => {
      runs++
      await insert(tx, `${runs}`)
      if (runs % 5 !== 0) throw new TransactionConflict('on purpose')
      return runs
    }
    assert.equal(await database.transaction(work), 5)
    assert.deepEqual(await list(database.db), ['5'])
    const losing = database.statement(async () => {
      runs++
      throw new TransactionConflict('on purpose')
    })
    await assert.rejects(losing, { name: 'Refusal', code: 'database-unavailable', facts: { retryAfterSeconds: 1 } })
    assert.equal(runs, 10)
  })

  if (kind === 'sqlite') return

  test('two transactions that wait for each other both come true', async (t) => {
    const { direct: database } = await open(t, kind)
    await insert(database.db, 'a')
    await insert(database.db, 'b')
    const bothHoldOne = barrier(2)
    const touchBoth = (order: string[]) =>
      database.transaction(async (tx) => {
        const [first = '', second = ''] = order
        await touch(tx, first)
        await bothHoldOne()
        await touch(tx, second)
      })
    await Promise.all([touchBoth(['a', 'b']), touchBoth(['b', 'a'])])
    const { rows } = await sql`select id from note where touched = 2`.execute(database.db)
    assert.equal(rows.length, 2)
  })

  const moments: [name: string, bytes: RegExp][] = [
    ['when it is opened', /set session|user/],
    ['at begin', /[^ ]begin/],
    ['at a statement', /insert/],
    ['at commit', /[^ ]commit/],
  ]
  for (const [moment, bytes] of moments) {
    test(`a connection that hangs ${moment} is never used again, and another one takes its place`, async (t) => {
      const { database, proxy, direct } = await open(t, kind)
      proxy.hangAt(bytes)
      const startedAt = performance.now()
      const hanging = database.transaction((tx) => insert(tx, 'hanging'))
      await assert.rejects(hanging, { name: 'Refusal', code: 'database-unavailable' })
      assert.ok(performance.now() - startedAt < STATEMENT_TIMEOUT_MS + 5_000)
      await insert(database.db, 'after')
      proxy.goOn()
      await insert(database.db, 'later')
      const ids = await list(direct.db)
      assert.deepEqual(
        ids.filter((id) => id !== 'hanging'),
        ['after', 'later'],
        'what was answered is committed',
      )
    })
  }

  test('who waits for a connection while all of them hang is told so in time', async (t) => {
    const { database, proxy } = await open(t, kind)
    proxy.hangAt(/insert/)
    const startedAt = performance.now()
    const waiting = Array.from({ length: 12 }, (_, number) => insert(database.db, `${number}`))
    const outcomes = await Promise.allSettled(waiting)
    assert.ok(performance.now() - startedAt < STATEMENT_TIMEOUT_MS + 5_000, `${performance.now() - startedAt} ms`)
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Refusal)
      assert.equal(outcome.reason.code, 'database-unavailable')
    }
  })
}

/** A migrated database, seen `direct`ly and through a pool of one connection that a proxy can make hang. */
async function open(
  t: TestContext,
  kind: DatabaseKind,
): Promise<{ database: Database; direct: Database; proxy: Proxy }> {
  const address = parseDatabaseUrl((await freshDatabase(t, kind)).url)
  const direct = openDatabase(address, 2)
  t.after(() => direct.close())
  await sql`create table note (
    id varchar(20) primary key, slot varchar(20) unique, touched integer not null default 0)`.execute(direct.db)
  if (address.kind === 'sqlite') return { database: direct, direct, proxy: { hangAt: () => {}, goOn: () => {} } }
  const proxy = await startProxy(address)
  const database = openDatabase({ ...address, host: '127.0.0.1', port: proxy.port }, 1)
  t.after(async () => {
    await database.close()
    proxy.close()
  })
  return { database, direct, proxy }
}

type Proxy = {
  /** The next connection that sends this is cut off silently: nothing goes in or out any more. */
  hangAt(sent: RegExp): void
  /** What was held back arrives after all. */
  goOn(): void
}

async function startProxy({
  host,
  port,
}: {
  host: string
  port: number
}): Promise<Proxy & { port: number; close(): void }> {
  const held: { to: Socket; bytes: Buffer }[] = []
  const sockets: Socket[] = []
  let trap: RegExp | undefined
  const server = createServer((client) => {
    const upstream = connect(port, host)
    let isCut = false
    const pass = (to: Socket, bytes: Buffer) => (isCut ? held.push({ to, bytes }) : to.write(bytes))
    client.on('data', (bytes: Buffer) => {
      if (trap?.test(bytes.toString('latin1'))) {
        trap = undefined
        isCut = true
      }
      pass(upstream, bytes)
    })
    upstream.on('data', (bytes: Buffer) => pass(client, bytes))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => {}).on('close', () => isCut || other.destroy())
    sockets.push(client, upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
    port: (server.address() as { port: number }).port,
    hangAt: (sent) => {
      trap = sent
    },
    goOn: () => {
      for (const { to, bytes } of held.splice(0)) to.write(bytes)
    },
  }
}

async function insert(db: Db, id: string, slot: string | null = null): Promise<void> {
  await sql`insert into note (id, slot) values (${id}, ${slot})`.execute(db)
}

async function list(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from note order by id`.execute(db)
  return rows.map(({ id }) => id)
}

async function touch(db: Db, id: string): Promise<void> {
  await sql`update note set touched = touched + 1 where id = ${id}`.execute(db)
}

/** A function whose first callers wait until there are so many of them; later ones do not. */
function barrier(parties: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  return () => {
    if (++arrived === parties) resolve()
    return promise
  }
}
