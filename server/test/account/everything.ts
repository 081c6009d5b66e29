/** Somebody who uses all that there is, and what a thief of the database reads of her: what erasure and the copy of an account are judged by. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { sql } from 'kysely'
import { expectNothing, latest } from '../account-by-mail/mail.ts'
import { relayAll, startRelay } from '../events/relaying.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, logOut, PASSWORD, type Person, paths, refresh, register, signIn } from '../scenario.ts'
import type { Question, TestServer } from '../start-server.ts'
import { bearer, enrolApp, enrolPasskey, expectStatus, PASSKEYS, post } from './factors.ts'

export const AGENT = 'Annasphone/7.1'
export const NETWORK = '198.51.100.23'
export const OLD = 'anna.old@example.com'
export const NOW = 'anna.now@example.com'
export const NEXT = 'anna.next@example.com'
export const NAMES = { first_name: 'Annabella', last_name: 'Quittenbaum' }
export const environment = { TRUST_PROXY: '127.0.0.1', LIMITS: 'on', PASSWORDLESS: 'on', WEBHOOKS_PRIVATE: 'on' }
const never = new AbortController().signal

/** A number that nothing else is, and that is in no text by chance. */
const FIRST_ID = 9_000_000_001
const restart = {
  sqlite: sql`insert into sqlite_sequence (name, seq) values ('user', ${sql.lit(FIRST_ID - 1)})`,
  mysql: sql`alter table user auto_increment = ${sql.lit(FIRST_ID)}`,
  postgres: sql`alter table "user" alter column id restart with ${sql.lit(FIRST_ID)}`,
}

export const startIdsThere = ({ db, kind }: TestServer) => restart[kind].execute(db)

export type Ann = Person & { sessions: string[] }

/** She uses all that there is, leaves much of it half done, and others ask about her. */
export async function useEverything(s: TestServer, bob: Person): Promise<Ann> {
  const hers = fromHerDevice(s)
  await register(hers, { email: OLD, ...NAMES })
  const first = await signIn(hers, OLD)
  const ann: Person = { id: claimsOf(first.access).user_id, email: OLD, password: PASSWORD, ...first }
  await confirm(hers, '/api/email/verify', 'verify-address', ann, OLD)
  expectNothing(await post(s, '/api/account/email', { email: OLD }, bob), 202)
  expectNothing(await post(hers, '/api/account/email', { email: NOW }, ann), 202)
  await confirm(hers, '/api/account/email/confirm', 'change-address', ann, NOW)
  expectNothing(await s.post('/api/password/forgot', { email: OLD }), 202) // when nobody has it any more
  expectNothing(await post(s, '/api/account/email', { email: NOW }, bob), 202)
  for (const address of [OLD, NOW]) expectNothing(await s.post('/api/login/code', { email: address }), 202)

  const sessions = [first, await signIn(hers, NOW), await refresh(hers, (await signIn(hers, NOW)).refresh)]
  await logOut(hers, sessions[1]?.refresh ?? '')
  await s.service.lifecycle.changeRole({ userId: ann.id, role: 'admin', isGranted: true })
  await enrolPasskey(hers, await enrolApp(hers, ann))
  const grant = { method: 'PUT', path: `/api/admin/users/${bob.id}/roles/support`, headers: bearer(ann) }
  expectNothing(await hers.ask(grant), 204)
  assert.equal((await hers.post(paths.login, { email: NOW, password: 'not this one' })).status, 401)
  assert.equal((await hers.post(paths.login, { email: NOW, password: PASSWORD })).status, 401) // and a second factor is due
  for (const email of [bob.email, NEXT]) expectNothing(await post(hers, '/api/account/email', { email }, ann), 202)
  expectNothing(await hers.post('/api/password/forgot', { email: NOW }), 202)
  for (const path of [`${PASSKEYS}/enrolment`, '/api/account/totp/enrolment', '/api/account/step-up/passkey'])
    assert.ok([200, 201].includes((await post(hers, path, {}, ann)).status), path)
  expectStatus(await post(hers, '/api/account/export', {}, ann), 200)
  return { ...ann, sessions: sessions.map(({ access }) => claimsOf(access).sid) }
}

/** All requests come from her device and her network, each in another second. */
function fromHerDevice(s: TestServer): TestServer {
  const device = { 'user-agent': AGENT, 'x-forwarded-for': NETWORK }
  const ask = async (question: Question) => {
    await s.clock.advance(1)
    return s.ask({ ...question, headers: { ...device, ...question.headers } })
  }
  return { ...s, ask, post: (path, body, headers = {}) => ask({ method: 'POST', path, body, headers }) }
}

async function confirm(
  s: TestServer,
  path: string,
  message: 'verify-address' | 'change-address',
  ann: Person,
  email: string,
) {
  const { code } = await latest(s, email, message)
  expectNothing(await post(s, path, { email, code }, ann), 204)
}

export type Row = { table: string; row: Record<string, unknown> }

export async function dump({ db }: TestServer): Promise<Row[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  assert.ok(tables.length > 20)
  const read = async (table: string) =>
    (
      await db
        .selectFrom(table as 'user')
        .selectAll()
        .execute()
    ).map((row): Row => ({ table, row: { ...row } }))
  return (await Promise.all(tables.map(({ name }) => read(name)))).flat()
}

/** The columns that hold it anywhere, in whatever case. */
export function holding(rows: readonly Row[], wanted: string | number): string[] {
  const holds = (value: unknown) => textOf(value).includes(String(wanted).toLowerCase())
  const found = rows.flatMap(({ table, row }) =>
    Object.entries(row).flatMap(([column, value]) => (holds(value) ? [`${table}.${column}`] : [])),
  )
  return [...new Set(found)]
}

const textOf = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)).toLowerCase()

/** Every event has its place in the chain, and is with the webhooks. */
export async function tellAll(t: TestContext, s: TestServer): Promise<void> {
  await relayAll(t, s)
  const { events, webhooks } = s.service
  const stop = startRelay(t, s, [webhooks.consumer])
  const end = (await events.end())?.sequence
  await eventually('webhooks know of all', async () => {
    const cursors = await s.db.selectFrom('event_consumer').select('sequence').where('name', '=', 'webhooks').execute()
    return cursors[0]?.sequence === end
  })
  await stop()
  await webhooks.deliverDue(never)
}
