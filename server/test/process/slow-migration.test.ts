/** Steps of the schema that take longer than any other statement may, and starts that wait for them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startMariadb, startPostgres } from '../database-servers.ts'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { isGood, join } from '../scenario.ts'
import { launchProcess, startProcess } from '../start-process.ts'
import { openSql } from './sql.ts'

const SECRET_KEY = 'a secret key that only tests have'
const LONGER_THAN_A_STATEMENT_MS = 11_000 // STATEMENT_TIMEOUT_MS of the dialects is 10 seconds

// A server of their own: on MariaDB the lock is one for all databases of a server, and other tests start there too.
const start = { mysql: startMariadb, postgres: startPostgres }

/** What Kysely asks for before it runs the steps. */
const takeLock = {
  mysql: `select get_lock('ea586330-2c93-47c8-908d-981d9d270f9d', 0)`,
  postgres: 'select pg_advisory_lock(3853314791062309107)',
}
const listWaiting = {
  mysql: `select 1 from information_schema.processlist where state = 'User lock'`,
  postgres: `select 1 from pg_locks where locktype = 'advisory' and not granted`,
}
const giveLock = {
  mysql: `select release_lock('ea586330-2c93-47c8-908d-981d9d270f9d')`,
  postgres: 'select pg_advisory_unlock(3853314791062309107)',
}

describe('a schema that takes its time', { concurrency: true }, () => {
  for (const { kind, name } of databases()) {
    if (kind === 'sqlite') continue
    test(`a start waits until another one has brought the schema up to date (${name})`, async (t) => {
      const server = await start[kind]({ durable: false })
      t.after(() => server.stop())
      const environment = environmentOf((await server.createDatabase()).url)
      const sql = await openSql(t, environment.DATABASE_URL)
      await sql(takeLock[kind])
      const launched = await launchProcess(t, { environment })
      await eventually('it waits', async () => (await sql(listWaiting[kind])).length === 1)
      const end = await Promise.race([launched.ended, wait(LONGER_THAN_A_STATEMENT_MS, 'waiting')])
      assert.equal(end, 'waiting')
      await sql(giveLock[kind])
      await eventually('it listens', () => launched.logs.some(({ msg }) => msg === 'listening'), 30)
    })
  }

  if (databases().some(({ kind }) => kind === 'postgres'))
    test('a step that takes longer than other statements may is not cut off (PostgreSQL)', async (t) => {
      const environment = environmentOf((await freshDatabase(t, 'postgres')).url)
      const sql = await openSql(t, environment.DATABASE_URL)
      await sql(`create function take_time() returns event_trigger language plpgsql as $$
        begin
          if current_query() like '%session_by_user%' then perform pg_sleep(${LONGER_THAN_A_STATEMENT_MS / 1000}); end if;
        end $$`)
      await sql(
        `create event trigger slow on ddl_command_start when tag in ('CREATE INDEX') execute function take_time()`,
      )
      const startedAt = performance.now()
      const s = await startProcess(t, { environment })
      assert.equal(await isGood(s, (await join(s, 'ann')).access), true)
      assert.ok(performance.now() - startedAt > LONGER_THAN_A_STATEMENT_MS, 'it was slow')
    })
})

function environmentOf(url: string): Record<'DATABASE_URL' | 'SECRET_KEY' | 'WORKERS', string> {
  return { DATABASE_URL: url, SECRET_KEY, WORKERS: '1' }
}
