/** The schema under starts that meet each other, are killed in the middle, or come from another release. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type DatabaseKind, databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { isGood, join as joinIn, logOut } from '../scenario.ts'
import { launchProcess, type RunningProcess, startProcess } from '../start-process.ts'
import { describeSchema } from './schema.ts'
import { openSql, type Sql } from './sql.ts'

const SECRET_KEY = 'a secret key that only tests have'

test('four processes that start at once in one empty folder make one secret key, one schema and one signing key', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'samurai-auth-together-'))
  t.after(() => rm(cwd, { recursive: true }))
  const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(t, { cwd })))
  assert.deepEqual(
    (await readdir(join(cwd, 'data'))).filter((name) => name.startsWith('secret')),
    ['secret.key'],
  )
  const [first, ...others] = processes as [RunningProcess, ...RunningProcess[]]
  const { access, refresh } = await joinIn(first, 'ann')
  for (const other of others) assert.equal(await isGood(other, access), true)
  await logOut(first, refresh)
})

for (const { kind, name } of databases()) describe(name, () => describeMigration(kind))

function describeMigration(kind: DatabaseKind): void {
  test('a start that is killed while it makes the schema is made good by the next one', async (t) => {
    const whole = await open(t, kind)
    await startProcess(t, { environment: whole.environment })
    const wanted = await describeSchema(kind, whole.sql)
    for (const tables of [1, 3, 6]) {
      const { environment, sql } = await open(t, kind)
      const { ended, stop } = await launchProcess(t, { environment })
      await eventually('it has begun', async () => (await countTables(kind, sql)) >= tables)
      await stop('SIGKILL')
      await ended
      const s = await startProcess(t, { environment })
      assert.deepEqual(await describeSchema(kind, sql), wanted)
      assert.equal(await isGood(s, (await joinIn(s, 'ann')).access), true)
    }
  })

  test('a release starts on the schema of a later one', async (t) => {
    const { environment, sql } = await open(t, kind)
    const first = await startProcess(t, { environment })
    assert.equal(await first.stop(), 0)
    await sql(
      `insert into migration (name, timestamp) values ('2999-01-01-0001-of-a-later-release', '2999-01-01T00:00:00.000Z')`,
    )
    await sql(`alter table ${kind === 'mysql' ? '`user`' : '"user"'} add column of_a_later_release varchar(20)`)
    const s = await startProcess(t, { environment })
    assert.equal(await isGood(s, (await joinIn(s, 'ann')).access), true)
  })
}

async function open(t: TestContext, kind: DatabaseKind): Promise<{ environment: Record<string, string>; sql: Sql }> {
  const { url } = await freshDatabase(t, kind)
  return { environment: { DATABASE_URL: url, SECRET_KEY, WORKERS: '1' }, sql: await openSql(t, url) }
}

const tables: Readonly<Record<DatabaseKind, string>> = {
  sqlite: `select count(*) as number from sqlite_master where type = 'table'`,
  mysql: 'select count(*) as number from information_schema.tables where table_schema = database()',
  postgres: `select count(*) as number from information_schema.tables where table_schema = 'public'`,
}

async function countTables(kind: DatabaseKind, sql: Sql): Promise<number> {
  const [row] = await sql(tables[kind])
  return Number(row?.number)
}
