/** How fast a backlog of events gets its places in the chain and then reaches RabbitMQ, in a service that does nothing else. */
import { setTimeout as wait } from 'node:timers/promises'
import { declareQueue } from '../../server/test/events/queue.ts'
import { startServer, type TestServer } from '../../server/test/start-server.ts'
import { familyOf } from '../processes.ts'
import { type Disturbance, watchMachine } from '../watch-machine.ts'
import { type Place, startWriter } from './place.ts'

const BACKLOG = 50_000
const SECONDS = 10

export type RelayRound = Disturbance & { events: number; chainedPerSecond: number; toRabbitmqPerSecond: number }

export async function measureRelay({ lifetime, mariadb, broker }: Place, rounds: number): Promise<RelayRound[]> {
  const { url } = await mariadb.createDatabase()
  await declareQueue(broker.url, 'relay')
  const environment = { AMQP_URL: broker.url }
  const server = await startServer(lifetime, { url, clock: 'running', environment })
  const measured: RelayRound[] = []
  while (measured.length < rounds) measured.push(await measureRound(server, url))
  return measured
}

async function measureRound({ db, service }: TestServer, url: string): Promise<RelayRound> {
  const writer = await startWriter(url, {
    perSecond: BACKLOG / SECONDS,
    seconds: SECONDS,
    eventsPerTransaction: 500,
  })
  await writer.end()
  const { events, consumers } = service
  const before = (await events.end())?.sequence ?? 0
  const seen = watchMachine(() => familyOf(process.pid))
  const chaining = await timeRelay([], async () => {
    const waiting = db.selectFrom('event').select('position').where('sequence', 'is', null).limit(1)
    return (await waiting.execute()).length === 0
  })
  const end = (await events.end())?.sequence ?? 0
  const rabbitmq = consumers.filter(({ name }) => name === 'rabbitmq')
  const telling = await timeRelay(rabbitmq, async () => {
    const cursor = db.selectFrom('event_consumer').select('sequence').where('name', '=', 'rabbitmq')
    return (await cursor.executeTakeFirst())?.sequence === end
  })
  const count = end - before
  return { events: count, chainedPerSecond: count / chaining, toRabbitmqPerSecond: count / telling, ...seen() }

  /** @returns seconds */
  async function timeRelay(to: typeof consumers, isDone: () => Promise<boolean>): Promise<number> {
    const stopping = new AbortController()
    const begunAt = performance.now()
    const relay = events.relay({ consumers: to, watch: async () => {} }, stopping.signal)
    while (!(await isDone())) await wait(10)
    const seconds = (performance.now() - begunAt) / 1000
    stopping.abort()
    await relay
    return seconds
  }
}
