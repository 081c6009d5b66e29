/** How each database runs what erasing and purging ask of it, where there is much: by an index, or a reason is given here. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ColumnMetadata, CompiledQuery, DefaultQueryExecutor, sql } from 'kysely'
import { type DatabaseKind, databases } from '../databases.ts'
import { purgeExpired, startServer, type TestServer, tableOwners } from '../start-server.ts'

const ROWS = 2500
const SESSIONS = 20_000 // of which purging looks at a thousand at once
const EXPIRED = 5

/** What may look at every row of a table, by how it begins. */
const mayScan: Readonly<Record<string, string>> = {
  'delete status_index': 'all rows go but the last one',
  'select status_index': 'the last one alone, from the end of its key',
  'select role': 'roles are few, and all of them are read',
  'delete role': 'roles are few',
}

/** What is asked, by how it begins: the same on all databases. */
const erasing = [
  'delete account_deletion',
  'delete email_code',
  'delete mail',
  'delete passkey',
  'delete password',
  'delete rate_bucket',
  'delete recovery_code',
  'delete recovery_code_set',
  'delete session',
  'delete sign_in_attempt',
  'delete totp',
  'delete totp_enrolment',
  'delete user',
  'delete user_handle',
  'delete user_role',
  'delete webauthn_challenge',
  'insert event',
  'insert revocation',
  'select email_code',
  'select recovery_code_set',
  'select role',
  'select session',
  'select user',
  'select user_role',
  'update person_key',
  'update session',
]
const purging = [
  'delete email_code',
  'delete mail',
  'delete rate_bucket',
  'delete revocation',
  'delete session',
  'delete sign_in_attempt',
  'delete spent_challenge',
  'delete status_index',
  'delete totp_enrolment',
  'delete webauthn_challenge',
  'delete webhook_delivery',
  'select session',
  'select status_index',
]
const removingRole = [
  'delete role',
  'delete user_role',
  'insert event',
  'select role',
  'select user',
  'select user_role',
  'update session',
]
const sendingAgain = ['insert event', 'select event', 'update webhook_delivery']

for (const { kind, name } of databases()) {
  test(`where there is much, erasing and purging find what goes by an index, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    await fill(s)
    await s.service.lifecycle.defineRole({ name: 'name-7', permissions: [] })
    await s.service.lifecycle.changeRole({ userId: 7, role: 'name-7', isGranted: true })
    const { lifecycle, webhooks } = s.service
    const works: [what: string, statements: readonly string[], work: () => Promise<unknown>][] = [
      ['erasing somebody', erasing, () => lifecycle.erase(1000)],
      ['purging', purging, () => purgeExpired(s.service)],
      ['removing a role', removingRole, () => lifecycle.removeRole('name-7')],
      [
        'sending an event again',
        sendingAgain,
        () => webhooks.redeliver('endpoint_id 7', 'id 7', { actor: { kind: 'system' } }),
      ],
    ]
    for (const [what, statements, work] of works) {
      await t.test(what, async (t) => {
        const asked = await statementsOf(t, work)
        assert.deepEqual([...new Set(asked.map(beginningOf))].sort(), statements)
        for (const query of asked.filter(({ sql }) => !sql.startsWith('insert'))) {
          const plan = await planOf(s, query)
          const beginning = beginningOf(query)
          assert.ok(!isScan[kind](plan) || beginning in mayScan, `${query.sql}\n${JSON.stringify(plan)}`)
        }
      })
    }
  })
}

/** What `work` asks the database, each statement once, with the values that it had last. */
async function statementsOf(t: TestContext, work: () => Promise<unknown>): Promise<CompiledQuery[]> {
  const asked = t.mock.method(DefaultQueryExecutor.prototype, 'executeQuery')
  await work()
  const all = asked.mock.calls.map(({ arguments: [query] }) => query)
  asked.mock.restore()
  const queries = all.filter((query) => !followed.includes(beginningOf(query)))
  return [...new Map(queries.map((query) => [query.sql, query])).values()]
}

/** What the server looks for each second, whatever else is asked. */
const followed = ['select revocation', 'select signing_key']

function beginningOf({ sql: text }: CompiledQuery): string {
  const [, verb, table] = /^(delete|insert|select|update) (?:.*?(?:from|into) )?["`](\w+)/.exec(text) ?? []
  assert.ok(verb && table, text)
  return `${verb} ${table}`
}

type Plan = readonly Record<string, unknown>[]

async function planOf({ db, kind }: TestServer, query: CompiledQuery): Promise<Plan> {
  const explain = kind === 'sqlite' ? 'explain query plan' : 'explain'
  const explained = CompiledQuery.raw(`${explain} ${query.sql}`, [...query.parameters])
  return (await db.executeQuery(explained)).rows as Plan
}

/** Whether a plan looks at every row, or at every entry of an index. */
const isScan: Readonly<Record<DatabaseKind, (plan: Plan) => boolean>> = {
  sqlite: (plan) => plan.some(({ detail }) => /^SCAN /.test(String(detail))),
  mysql: (plan) => plan.some(({ type }) => type === 'ALL' || type === 'index'),
  postgres: (plan) => plan.some((line) => /Seq Scan/.test(String(line['QUERY PLAN']))),
}

/** Many rows in every table that grows; of each a few have expired. */
async function fill({ db, kind }: TestServer): Promise<void> {
  const tables = (await db.introspection.getTables()).filter(({ name }) => growing.includes(name))
  assert.equal(tables.length, growing.length)
  for (const { name, columns } of tables) {
    for (let from = 1; from < (name === 'session' ? SESSIONS : ROWS); from += AT_ONCE) {
      const given = columns.filter((column) => !counted.includes(`${name}.${column.name}`))
      const rows = Array.from({ length: AT_ONCE }, (_, index) => rowOf(given, from + index))
      await db
        .insertInto(name as 'user')
        .values(rows as never)
        .execute()
    }
    await sql`${sql.raw(kind === 'mysql' ? 'analyze table' : 'analyze')} ${sql.table(name)}`.execute(db)
  }
}

const small = [
  'signing_key',
  'event_head',
  'event_consumer',
  'event_retention',
  'checkpoint',
  'checkpoint_key',
  'role',
  'refused_code',
]
const growing = Object.keys(tableOwners).filter((name) => !small.includes(name) && name !== 'webhook_endpoint')
const AT_ONCE = 250
/** By the database itself. */
const counted = ['user.id', 'revocation.id', 'status_index.id', 'event.position']

function rowOf(columns: readonly ColumnMetadata[], number: number): Record<string, unknown> {
  return Object.fromEntries(columns.map((column) => [column.name, contentOf(column, number)]))
}

/** Of the columns that may be empty; SQLite says of keys that they may. */
const filled = ['id', 'slot', 'challenge_hash', 'user_id', 'account', 'sequence', 'finished_at']

function contentOf({ name, dataType, isNullable }: ColumnMetadata, number: number): number | string | null {
  if (isNullable && !filled.includes(name)) return null
  if (!/int/i.test(dataType)) return `${name} ${number}`
  if (name.endsWith('_at')) return number <= EXPIRED ? 1 : Date.UTC(2100, 0)
  return ['user_id', 'sequence'].includes(name) ? number : 0
}
