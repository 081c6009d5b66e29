/** What is still in the database when somebody who used everything has been erased: every table is read, as a thief would. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { expectNothing, latest } from '../account-by-mail/mail.ts'
import { joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { relayAll, startRelay } from '../events/relaying.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, join, logOut, PASSWORD, type Person, paths, refresh, register, signIn } from '../scenario.ts'
import { type Question, startServer, type TestServer } from '../start-server.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { bearer, enrolApp, enrolPasskey, expectStatus, PASSKEYS, post, remove } from './factors.ts'

const AGENT = 'Annasphone/7.1'
const NETWORK = '198.51.100.23'
const OLD = 'anna.old@example.com'
const NOW = 'anna.now@example.com'
const NEXT = 'anna.next@example.com'
const NAMES = { first_name: 'Annabella', last_name: 'Quittenbaum' }
const DAY = 86_400
const never = new AbortController().signal

/** Where something of her may still be read, and why. */
const allowed: Readonly<Record<string, string>> = {
  'event.user_id': 'the number: it is told to whoever leaves, and the chain covers it',
  'event.actor_id': 'the number, in what she did to others as an operator',
  'event.data': 'the id that a passkey had here: nothing leads on from it',
  'event.session_id': 'the chain covers it, and it leads to nothing',
  'person_key.user_id': 'that there is no key any more, and none is made',
  'revocation.session_id': 'services refuse her last tokens by it',
  'user_role.granted_by': 'the number, with somebody else',
  'webhook_delivery.user_id': 'the number: what is told of one person stays in order, and user.erased is told',
}

for (const { kind, name } of databases()) {
  test(`of somebody who used everything and was erased, a dump of ${name} says the number, and nothing else`, async (t) => {
    const environment = { TRUST_PROXY: '127.0.0.1', LIMITS: 'on', PASSWORDLESS: 'on', WEBHOOKS_PRIVATE: 'on' }
    const s = await startServer(t, { kind, environment })
    await restart[kind].execute(s.db)
    const [admin, bob, receiver] = [await joinAs(s, 'root', ['admin']), await join(s, 'bob'), await startReceiver(t)]
    const subscribed = await admin.ask('POST', '/api/admin/webhooks', { url: receiver.url, types: ['*'] })
    assert.equal(subscribed.status, 201, subscribed.text)
    const ann = await useEverything(s, bob)
    const texts = [OLD, NOW, NEXT, ...Object.values(NAMES), AGENT, NETWORK, ...ann.sessions, ...(await keptOf(s, ann))]
    await tellAll(t, s)

    const before = await dump(s)
    for (const text of [...texts, ann.id]) assert.notDeepEqual(holding(before, text), [], `${text} was there`)
    assert.equal((await remove(s, '/api/account', ann)).status, 202)
    await s.clock.advance(7 * DAY) // nothing is purged meanwhile
    assert.equal(await s.service.lifecycle.eraseDue(), 1)
    await tellAll(t, s)

    const after = await dump(s)
    const slots = slotsOf(before)
    assert.ok(slots.length > 6)
    const left = [...new Set([...texts, ...slots, ann.id].flatMap((text) => holding(after, text)))]
    assert.deepEqual(left.sort(), Object.keys(allowed).sort())
    assert.equal((await s.service.audit.verify()).kind, 'whole')
    const told = receiver.calls.filter(({ event }) => event.type === 'user.erased').map(({ event }) => event.subject)
    assert.deepEqual(told, [String(ann.id)])
    assert.ok(holding(after, bob.email).includes('user.email'), 'of others nothing is gone')
  })
}

/** A number that nothing else is, and that is in no text by chance. */
const FIRST_ID = 9_000_000_001
const restart = {
  sqlite: sql`insert into sqlite_sequence (name, seq) values ('user', ${sql.lit(FIRST_ID - 1)})`,
  mysql: sql`alter table user auto_increment = ${sql.lit(FIRST_ID)}`,
  postgres: sql`alter table "user" alter column id restart with ${sql.lit(FIRST_ID)}`,
}

type Ann = Person & { sessions: string[] }

/** She uses all that there is, leaves much of it half done, and others ask about her. */
async function useEverything(s: TestServer, bob: Person): Promise<Ann> {
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

/** All requests come from her device and her network. */
function fromHerDevice(s: TestServer): TestServer {
  const device = { 'user-agent': AGENT, 'x-forwarded-for': NETWORK }
  const ask = (question: Question) => s.ask({ ...question, headers: { ...device, ...question.headers } })
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

/** Digests of her addresses, whoever asked: whoever guesses an address sees by them that it was here. */
function slotsOf(rows: readonly Row[]): string[] {
  const codes = rows.filter(({ table }) => table === 'email_code').map(({ row }) => row)
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const all = [OLD, NOW, NEXT].flatMap((address) => codes.map(({ purpose }) => digest(`${purpose}\n${address}`)))
  return [...new Set(all)].filter((slot) => codes.some((row) => row.slot === slot))
}

/** Everything long in rows that name her: hashes, slots, ids, seals. */
async function keptOf(s: TestServer, { id }: Person): Promise<string[]> {
  const all = (await dump(s)).filter(({ table }) => !OF_EVENTS.includes(table))
  const rows = all.filter(({ row }) => row.user_id === id)
  const ofOthers = new Set(all.filter((row) => !rows.includes(row)).flatMap(({ row }) => Object.values(row)))
  const values = rows.flatMap(({ row }) => Object.values(row))
  return values.filter((value) => typeof value === 'string' && value.length >= 20 && !ofOthers.has(value)) as string[]
}

const OF_EVENTS = ['event', 'webhook_delivery']

type Row = { table: string; row: Record<string, unknown> }

async function dump({ db }: TestServer): Promise<Row[]> {
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
function holding(rows: readonly Row[], wanted: string | number): string[] {
  const holds = (value: unknown) => textOf(value).includes(String(wanted).toLowerCase())
  const found = rows.flatMap(({ table, row }) =>
    Object.entries(row).flatMap(([column, value]) => (holds(value) ? [`${table}.${column}`] : [])),
  )
  return [...new Set(found)]
}

const textOf = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)).toLowerCase()

/** Every event has its place in the chain, and is with the webhooks. */
async function tellAll(t: TestContext, s: TestServer): Promise<void> {
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
