/** What is told is written in the transaction of the fact: the judgement of one door. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { DatabaseKind } from '../databases.ts'
import { openSql, type Sql } from '../process/sql.ts'
import { claimsOf } from '../scenario.ts'
import { type TestServer, tableOwners } from '../start-server.ts'
import { type Door, lastPosition, toldSince } from './doors.ts'

/**
 * Where the event cannot be written, nothing happened, and whoever asked is told that it failed. Where it can, what is told says
 * who did what to whom.
 */
export async function judgeDoor(
  t: TestContext,
  s: TestServer,
  [route, prepare, tells, spends = []]: Door,
): Promise<void> {
  const sql = await openSql(t, s.url)
  const first = await prepare(s)
  const what = `${route}: ${tells.join(', ')}`
  await refuseEvents(s.kind, sql)
  const before = await dumpOf(s, spends)
  const failed = await s.ask(first.question)
  assert.deepEqual(await dumpOf(s, spends), before, what)
  await takeEvents(s.kind, sql)
  assert.ok(failed.status >= 500, `${what} answered ${failed.status} ${failed.text}`)

  const ready = spends.length > 0 ? await prepare(s) : first // otherwise what was shown is as good as before
  const position = await lastPosition(s)
  const answer = await s.ask(ready.question)
  const sid = ready.access === undefined ? undefined : claimsOf(ready.access).sid
  assert.ok(answer.status < 500, `${what} answered ${answer.status} ${answer.text}`)
  assert.deepEqual(await toldSince(s, position, ready, sid), tells, `${route} ${answer.status} ${answer.text}`)
}

/** From now on the database takes no event; all else it does as before. */
async function refuseEvents(kind: DatabaseKind, sql: Sql): Promise<void> {
  for (const statement of refusing[kind]) await sql(statement)
}

const takeEvents = (kind: DatabaseKind, sql: Sql) =>
  sql(kind === 'postgres' ? 'drop function no_event() cascade' : 'drop trigger no_event')

const refusing: Readonly<Record<DatabaseKind, readonly string[]>> = {
  sqlite: [`create trigger no_event before insert on event begin select raise(abort, 'no event'); end`],
  mysql: [`create trigger no_event before insert on event for each row signal sqlstate '45000'`],
  postgres: [
    `create function no_event() returns trigger language plpgsql as 'begin raise exception ''no event''; end'`,
    'create trigger no_event before insert on event for each row execute function no_event()',
  ],
}

/** All that the database holds. */
async function dumpOf({ db }: TestServer, except: readonly string[]): Promise<Record<string, string[]>> {
  const dump: Record<string, string[]> = {}
  for (const table of Object.keys(tableOwners)) {
    if (except.includes(table)) continue
    const rows = await db
      .selectFrom(table as 'session')
      .selectAll()
      .execute()
    dump[table] = rows.map((row) => JSON.stringify(row)).sort()
  }
  return dump
}
