/**
 * Events on their way to RabbitMQ while things break: the broker is killed, the database is killed, and two services run at
 * once. Nothing that was committed is lost, first deliveries are in order, and what comes twice has the same id.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Broker, isBrokerInstalled, startBroker } from '../broker.ts'
import { createClient } from '../client.ts'
import { type DatabaseServer, startMariadb, startPostgres } from '../database-servers.ts'
import { databases } from '../databases.ts'
import { declareQueue, drainQueue, firstOnes, type Received } from '../events/queue.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, PASSWORD, paths, type TokenPair } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'
import { openSql, type Sql } from './sql.ts'

const QUEUE = 'everything'
const CLIENTS = 4
const starters = { mysql: startMariadb, postgres: startPostgres }
const skip = !isBrokerInstalled() && 'RabbitMQ is not installed (npm run services)'

for (const { kind, name } of databases()) {
  if (kind === 'sqlite') continue // it cannot be killed without its service; the broker's end is the same there
  describe(name, { skip }, () => {
    test('the broker and the database are killed under load, with two services: nothing is lost or out of order', async (t) => {
      const broker = await startBroker()
      t.after(() => broker.stop())
      await declareQueue(broker.url, QUEUE)
      const database = await starters[kind]({ durable: true })
      t.after(() => database.stop())
      const { url } = await database.createDatabase()
      const services = await startTwo(t, url, broker)
      const isOver = new AbortController()
      const ledger: Ledger = { opened: [], ended: [] }
      const load = Promise.all(
        Array.from({ length: CLIENTS }, (_, index) =>
          live(services[index % 2]?.port ?? 0, `client-${index}`, ledger, isOver.signal),
        ),
      )
      await wait(1_500)
      await broker.kill()
      await wait(1_500) // events are made and wait
      await broker.start()
      await wait(1_500)
      const waiting = await killBeforeTheRelay(t, database, url)
      await wait(1_500)
      await services[0]?.stop('SIGKILL') // it may be the one that relays
      await wait(1_500)
      isOver.abort()
      await load

      const sql = await openSql(t, url)
      const number = async (statement: string) => Number(Object.values((await sql(statement))[0] ?? {})[0])
      const total = await number('select count(*) as number from event')
      await eventually(
        'all is told',
        async () => (await number(`select sequence from event_consumer where name = 'rabbitmq'`)) === total,
        60,
      )
      const received = await drainQueue(broker.url, QUEUE)
      judge(received, await sql('select id, sequence, user_id from event order by sequence'))
      expectAcknowledged(received, ledger)
      const told = new Set(received.map(({ messageId }) => messageId))
      for (const id of waiting) assert.ok(told.has(id), `${id} was committed and waited when the database was killed`)
      t.diagnostic(
        `${total} events, ${received.length - total} of them came again, ${waiting.length} waited at the kill`,
      )
      assert.ok(total > 50, `${total} events are no load`)
    })
  })
}

/** Every event came; each user's come in order when they come first; one that comes again is the same to the last byte. */
function judge(received: readonly Received[], rows: readonly Record<string, unknown>[]): void {
  const first = firstOnes(received)
  const bodies = new Map(first.map(({ messageId, body }) => [messageId, body]))
  for (const { messageId, body } of received) assert.equal(body, bodies.get(messageId))
  assert.deepEqual(first.map(({ messageId }) => messageId).sort(), rows.map(({ id }) => String(id)).sort())
  const users = new Set(rows.map(({ user_id }) => user_id))
  for (const user of users) {
    const subject = user === null ? undefined : String(user)
    if (subject === undefined) continue
    assert.deepEqual(
      first.filter(({ event }) => event.subject === subject).map(({ messageId }) => messageId),
      rows.filter(({ user_id }) => user_id === user).map(({ id }) => String(id)),
    )
  }
}

async function startTwo(t: TestContext, url: string, broker: Broker): Promise<RunningProcess[]> {
  const environment = {
    DATABASE_URL: url,
    SECRET_KEY: 'a secret key that only tests have',
    AMQP_URL: broker.url,
    WORKERS: '1',
    EVENTS_LEASE_SECONDS: '2',
    LIMITS: 'off',
  }
  return [await startProcess(t, { environment }), await startProcess(t, { environment })]
}

const WAITING = 10

/**
 * Kills the database when events are committed of which no relay has seen anything, and starts it again.
 *
 * @returns their ids
 */
async function killBeforeTheRelay(t: TestContext, database: DatabaseServer, url: string): Promise<string[]> {
  const sql = await openSql(t, url)
  const listWaiting = async (ask: Sql) =>
    (await ask('select id from event where sequence is null')).map(({ id }) => String(id))
  const never = Number.MAX_SAFE_INTEGER
  await sql(`update event_head set holder = 'somebody who hangs', lease_ends_at = ${never}`)
  const waiting = await eventually('events are committed and wait', async () => {
    const ids = await listWaiting(sql)
    return ids.length >= WAITING && ids
  })
  await database.kill()
  await wait(500)
  await database.start()
  const again = await openSql(t, url)
  const kept = new Set(await listWaiting(again))
  assert.deepEqual(
    waiting.filter((id) => !kept.has(id)),
    [],
    'what was committed is there, and waits',
  )
  await again('update event_head set lease_ends_at = 0')
  return waiting
}

/** Sessions whose beginning, and whose end, was acknowledged to a client. */
type Ledger = { opened: string[]; ended: string[] }

/** What was acknowledged was told: of each session its beginning, and after that its end. */
function expectAcknowledged(received: readonly Received[], { opened, ended }: Ledger): void {
  const firstOf = (type: string) => {
    const places = firstOnes(received).map(({ event }, place) => ({ event, place }))
    return new Map(
      places.filter(({ event }) => event.type === type).map(({ event, place }) => [event.data.session_id, place]),
    )
  }
  const [begins, ends] = [firstOf('sign-in.succeeded'), firstOf('session.ended')]
  assert.ok(ended.length > CLIENTS, `${ended.length} sessions are no load`)
  for (const sid of opened) assert.ok(begins.has(sid), `the beginning of ${sid} was acknowledged, and is told`)
  for (const sid of ended)
    assert.ok(Number(begins.get(sid)) < Number(ends.get(sid)), `so was the end of ${sid}, after it`)
}

/** A client that signs in and out, whatever is answered, until it is over; what is acknowledged it keeps. */
async function live(port: number, name: string, { opened, ended }: Ledger, isOver: AbortSignal): Promise<void> {
  const client = createClient(port)
  const post = (path: string, body: object) => client.post(path, body).catch(() => undefined) // the service was killed
  const email = `${name}@example.com`
  while (!isOver.aborted) {
    await post(paths.register, { email, password: PASSWORD })
    const answer = await post(paths.login, { email, password: PASSWORD })
    if (answer?.status !== 200) {
      await wait(20)
      continue
    }
    const { refresh } = answer.json as TokenPair
    const { sid } = claimsOf(refresh)
    opened.push(sid)
    if ((await post(paths.logout, { refresh }))?.status === 200) ended.push(sid)
  }
  client.close()
}
