/** What services are told over RabbitMQ. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join as joinPath } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { after, before, test } from 'node:test'
import { connect } from 'amqplib'
import { type Broker, isBrokerInstalled, startBroker } from '../broker.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, join, logOut } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { declareQueue, drainQueue } from './queue.ts'
import { startRelay } from './relaying.ts'

const skip = !isBrokerInstalled() && 'RabbitMQ is not installed (npm run services)'
let broker: Broker

before(async () => {
  if (!skip) broker = await startBroker()
})
after(() => broker?.stop())

/** A server of its own that publishes to a broker of all. */
async function startTelling(t: Parameters<typeof startServer>[0], environment: Record<string, string> = {}) {
  const s = await startServer(t, { environment: { AMQP_URL: broker.url, ...environment } })
  return { s, stop: startRelay(t, s, s.service.consumers) }
}

async function untilTold(s: TestServer): Promise<void> {
  await eventually('all is told', async () => {
    const { total } = await s.db
      .selectFrom('event')
      .select((eb) => eb.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    const cursor = await s.db
      .selectFrom('event_consumer')
      .select('sequence')
      .where('name', '=', 'rabbitmq')
      .executeTakeFirst()
    return cursor?.sequence === Number(total)
  })
}

test('a CloudEvent, with its type as routing key and its id as message id; without anything personal', {
  skip,
}, async (t) => {
  await declareQueue(broker.url, 'all')
  const { s, stop } = await startTelling(t)
  const ann = await join(s, 'ann')
  await logOut(s, ann.refresh)
  await untilTold(s)
  await stop()
  const received = (await drainQueue(broker.url, 'all')).filter(({ event }) => event.subject === String(ann.id))
  assert.deepEqual(
    received.map(({ routingKey }) => routingKey),
    ['user.registered', 'sign-in.succeeded', 'session.ended'],
  )
  const last = received.at(-1)
  assert.ok(last)
  const { id, sequence, ...event } = last.event
  assert.match(id, /^[0-9a-f]{32}$/)
  assert.match(sequence, /^\d{16}$/)
  assert.deepEqual([last.messageId, last.isPersistent], [id, true])
  assert.deepEqual(event, {
    specversion: '1.0',
    source: 'https://auth.example.com',
    type: 'session.ended',
    time: new Date(s.clock.now()).toISOString(),
    subject: String(ann.id),
    datacontenttype: 'application/json',
    partitionkey: String(ann.id),
    data: {
      actor: { kind: 'user', id: String(ann.id) },
      session_id: claimsOf(ann.access).sid,
      result: 'success',
      reason: 'logout',
      details: {},
    },
  })
  assert.ok(!received.some(({ body }) => body.includes('127.0.0.1')))
})

test('personal fields only where the operator chose so', { skip }, async (t) => {
  await declareQueue(broker.url, 'personal')
  const { s, stop } = await startTelling(t, { EVENTS_PERSONAL: 'on' })
  const ann = await join(s, 'ann')
  await s.post('/api/accounts/login/', { email: ann.email, password: ann.password }, { 'user-agent': 'a phone' })
  await untilTold(s)
  await stop()
  const { data } = (await drainQueue(broker.url, 'personal')).at(-1)?.event ?? {}
  assert.deepEqual([data?.address, data?.user_agent], ['127.0.0.1', 'a phone'])
})

test('an event that no queue takes is no loss: it is told as taken, with a warning, and the others go on', {
  skip,
}, async (t) => {
  const { url } = broker
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (const queue of ['all', 'personal']) await channel.deleteQueue(queue)
  await connection.close()
  await declareQueue(url, 'ends', 'session.*')
  const { s, stop } = await startTelling(t)
  await logOut(s, (await join(s, 'ann')).refresh)
  await untilTold(s)
  await stop()
  assert.deepEqual(
    (await drainQueue(url, 'ends')).map(({ routingKey }) => routingKey),
    ['session.ended'],
  )
  const warnings = s.logs.filter(({ message }) => message === 'no queue takes events of this type')
  assert.deepEqual(
    warnings.map(({ fields }) => fields.type),
    ['key.rotated', 'user.registered', 'sign-in.succeeded'],
  )
})

test('a wrong password for RabbitMQ keeps nobody from signing in; events wait and are told later', {
  skip,
}, async (t) => {
  await declareQueue(broker.url, 'later')
  const wrong = new URL(broker.url)
  wrong.password = 'wrong'
  const { s, stop } = await startTelling(t, { AMQP_URL: wrong.href })
  await join(s, 'ann')
  await eventually('it is said', () => s.logs.some(({ message }) => message === 'events could not be told; they wait'))
  await stop()
  assert.ok(!JSON.stringify(s.logs).includes('wrong'))
  const right = await startServer(t, { url: s.url, environment: { AMQP_URL: broker.url } })
  const stopRight = startRelay(t, right, right.service.consumers)
  await untilTold(right)
  await stopRight()
  assert.ok((await drainQueue(broker.url, 'later')).some(({ routingKey }) => routingKey === 'sign-in.succeeded'))
})

test('a consumer in Python (pika) reads them', { skip }, async (t) => {
  const script = joinPath(import.meta.dirname, 'consumer.py')
  const child = spawn('/usr/bin/python3', [script, broker.url, 'python', 'session.#', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'ready')
  const { s, stop } = await startTelling(t)
  const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
  for (const { refresh } of [bob, ann]) await logOut(s, refresh)
  const read = []
  for (let line = 0; line < 2; line++) read.push(JSON.parse(String((await lines.next()).value)))
  await stop()
  assert.deepEqual(
    read.map(({ routing_key, content_type, delivery_mode, event }) => [
      routing_key,
      content_type,
      delivery_mode,
      event.subject,
    ]),
    [bob, ann].map(({ id }) => ['session.ended', 'application/cloudevents+json', 2, String(id)]),
  )
  for (const { message_id, event } of read) assert.equal(message_id, event.id)
})
