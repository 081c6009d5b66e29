import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { type DatabaseKind, databases, freshDatabase } from '../../test/databases.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { type Db, openDatabase } from './db.ts'
import { migrate, migrationStatus } from './migrate.ts'

for (const { kind, name } of databases()) describe(name, () => describeMigrations(kind))

function describeMigrations(kind: DatabaseKind): void {
  test('an empty database has run no step; all are run once, in order', async (t) => {
    const db = await open(t, kind)
    const before = await migrationStatus(db)
    assert.ok(before.length > 0 && before.every(({ executedAt }) => executedAt === undefined))
    const names = before.map(({ name }) => name)
    assert.deepEqual(names, [...names].sort())
    assert.deepEqual(await migrate(db), names)
    assert.ok((await migrationStatus(db)).every(({ executedAt }) => executedAt instanceof Date))
    assert.deepEqual(await migrate(db), [])
  })

  test('a step of a later release that was run here stops nothing', async (t) => {
    const db = await open(t, kind)
    await migrate(db)
    await sql`insert into migration (name, timestamp) values ('2999-later', '2999-01-01T00:00:00.000Z')`.execute(db)
    assert.deepEqual(await migrate(db), [])
  })

  if (kind !== 'mysql') return // the others run all steps in one transaction

  test('each step may run again: one that was cut off has left tables that nobody noted', async (t) => {
    const db = await open(t, kind)
    const names = await migrate(db)
    for (const [index, name] of names.entries()) {
      await sql`delete from migration where name >= ${name}`.execute(db)
      assert.deepEqual(await migrate(db), names.slice(index), name)
    }
  })
}

async function open(t: TestContext, kind: DatabaseKind): Promise<Db> {
  const database = openDatabase(parseDatabaseUrl((await freshDatabase(t, kind)).url), 1)
  t.after(() => database.close())
  return database.db
}
