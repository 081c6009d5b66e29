/**
 * `node bench/events/run.ts`: what events cost, on MariaDB with durable commits and a real RabbitMQ. Logins while 1,000 events a
 * second are appended, against logins without; and how fast events get their places and reach RabbitMQ. README.md says how to
 * read it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isBrokerInstalled, startBroker } from '../../server/test/broker.ts'
import { startMariadb } from '../../server/test/database-servers.ts'
import { declareQueue } from '../../server/test/events/queue.ts'
import { startProcess } from '../../server/test/start-process.ts'
import { startServer } from '../../server/test/start-server.ts'
import { median } from '../median.ts'
import { people, registerPeople } from '../people.ts'

const TURNS = 6
const LOGINS_A_TURN = 40
const RATE = 1000
const BACKLOG = 50_000

const ends: (() => unknown)[] = []
const lifetime = { after: (end: () => unknown) => void ends.push(end) } as unknown as TestContext

if (!isBrokerInstalled()) throw new Error('RabbitMQ is not installed: npm run services')
const mariadb = await startMariadb()
const broker = await startBroker()
try {
  console.log(JSON.stringify(await measureLogins(), null, 2))
  console.log(JSON.stringify(await measureRelay(), null, 2))
} finally {
  for (const end of ends) await end()
  await broker.stop()
  await mariadb.stop()
}

/**
 * In turns, one login after the other, which is what somebody waits who signs in: nothing else going on; events appended to
 * another database, where another service relays them; events appended to the database of the logins. Everything shares the
 * machine's cores, so the first two tell what the machine has to give, and the last two what the events cost the logins.
 */
async function measureLogins() {
  const [here, elsewhere] = [await openService('here'), await openService('elsewhere')]
  await registerPeople(`http://127.0.0.1:${here.service.port}`)
  for (let number = 0; number < 10; number++) await login(here.service, number)
  const times = { quiet: [] as number[], elsewhere: [] as number[], here: [] as number[] }
  const rates: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    times.quiet.push(...(await loginsOfTurn(here.service)))
    for (const [name, { url }] of [
      ['elsewhere', elsewhere],
      ['here', here],
    ] as const) {
      const writer = await startWriter(url, 1)
      await wait(1000)
      times[name].push(...(await loginsOfTurn(here.service)))
      rates.push((await writer.stop()).perSecond)
      await wait(1000)
    }
  }
  const { appendMs } = await (await startWriter(here.url, 1, 50, 4)).stop()
  for (const { service } of [here, elsewhere]) await service.stop()
  const [quiet, other, own] = [median(times.quiet), median(times.elsewhere), median(times.here)]
  return {
    what: 'logins while events are appended, one a transaction',
    appendedPerSecond: Math.round(median(rates)),
    loginMs: { quiet: round(quiet), whileElsewhere: round(other), whileHere: round(own) },
    slowerThanElsewherePercent: round((own / other - 1) * 100),
    appendMs: round(appendMs),
    appendPercentOfLogin: round((appendMs / quiet) * 100),
  }
}

async function openService(name: string) {
  const { url } = await mariadb.createDatabase()
  await declareQueue(broker.url, name)
  const environment = {
    DATABASE_URL: url,
    SECRET_KEY: 'a secret key that only tests have', // that of the writer
    AMQP_URL: broker.url,
    LIMITS: 'off',
    WORKERS: '2',
    ARGON2_MEMORY_KIB: undefined, // as in production
    ARGON2_PASSES: undefined,
  }
  return { url, service: await startProcess(lifetime, { environment }) }
}

type Service = Awaited<ReturnType<typeof startProcess>>

async function loginsOfTurn(service: Service): Promise<number[]> {
  const times: number[] = []
  for (let number = 0; number < LOGINS_A_TURN; number++) times.push(await login(service, number))
  return times
}

async function login(service: Service, number: number): Promise<number> {
  const begunAt = performance.now()
  const answer = await service.post('/api/accounts/login/', people[number % people.length])
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
  return performance.now() - begunAt
}

async function startWriter(url: string, batch: number, rate = RATE, seconds = 8) {
  const words = [join(import.meta.dirname, 'writer.ts'), url, rate, seconds, batch].map(String)
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close') // it may be over before anybody asks
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return {
    stop: async () => {
      const { value } = await lines.next()
      await closed
      return JSON.parse(String(value)) as { appended: number; perSecond: number; appendMs: number }
    },
  }
}

/** A backlog of events gets its places, and then goes to RabbitMQ, in the process of a service that does nothing else. */
async function measureRelay() {
  const { url } = await mariadb.createDatabase()
  await declareQueue(broker.url, 'relay')
  const s = await startServer(lifetime, { url, clock: 'running', environment: { AMQP_URL: broker.url } })
  const { appended } = await (await startWriter(url, 500, BACKLOG / 10, 10)).stop()
  const { events, consumers } = s.service
  const chained = await timeRelay([], async () => {
    const waiting = s.db.selectFrom('event').select('position').where('sequence', 'is', null).limit(1)
    return (await waiting.execute()).length === 0
  })
  const total = (await events.end())?.sequence ?? 0
  const rabbitmq = consumers.filter(({ name }) => name === 'rabbitmq')
  const told = await timeRelay(rabbitmq, async () => {
    const cursor = s.db.selectFrom('event_consumer').select('sequence').where('name', '=', 'rabbitmq')
    return (await cursor.executeTakeFirst())?.sequence === total
  })
  return {
    what: 'relay',
    events: total,
    appended,
    chainedPerSecond: Math.round(total / chained),
    toRabbitmqPerSecond: Math.round(total / told),
  }

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

function round(value: number): number {
  return Math.round(value * 100) / 100
}
