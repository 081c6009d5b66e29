/** Logins, one after the other, while events are appended: what somebody waits who signs in meanwhile. */
import { setTimeout as wait } from 'node:timers/promises'
import { startProcess } from '../../server/test/start-process.ts'
import { median } from '../median.ts'
import { people, registerPeople } from '../people.ts'
import { familyOf } from '../processes.ts'
import { type Disturbance, watchMachine } from '../watch-machine.ts'
import { type Place, startWriter, type Writing } from './place.ts'

const LOGINS = 150
const RATE = 1000
const WARM_UP_MS = 1000
/** The writer goes on for longer than the logins take. */
const SECONDS = 12

/**
 * `manyAtOnce`: a hundred events in a transaction, as imports and mass endings write them. `oneByOne`: one each, which is a
 * thousand durable commits a second. `elsewhere`: the same in another database of the same MariaDB, relayed by another service:
 * what of the slowness comes from sharing processors and a disk, and not from the events.
 */
export const lanes = ['quiet', 'manyAtOnce', 'oneByOne', 'elsewhere'] as const
export type Lane = (typeof lanes)[number]

/** The median login, and what was appended meanwhile. */
export type LaneRound = { loginMs: number; appendedPerSecond: number; appendMs: number }
export type LoginRound = Disturbance & Record<Lane, LaneRound>

const batches: Record<Exclude<Lane, 'quiet'>, number> = { manyAtOnce: 100, oneByOne: 1, elsewhere: 1 }

export async function measureLogins(place: Place, rounds: number): Promise<LoginRound[]> {
  const [here, elsewhere] = [await openService(place), await openService(place)]
  await registerPeople(`http://127.0.0.1:${here.service.port}`)
  await logIn(here.service, 10 * people.length) // the code is compiled meanwhile
  const measured: LoginRound[] = []
  while (measured.length < rounds) measured.push(await measureRound())
  for (const { service } of [here, elsewhere]) await service.stop()
  return measured

  async function measureRound(): Promise<LoginRound> {
    const seen = watchMachine(() => familyOf(process.pid))
    const quiet = { loginMs: await logIn(here.service, LOGINS), appendedPerSecond: 0, appendMs: 0 }
    const manyAtOnce = await measureLane('manyAtOnce')
    const oneByOne = await measureLane('oneByOne')
    const others = await measureLane('elsewhere')
    return { quiet, manyAtOnce, oneByOne, elsewhere: others, ...seen() }
  }

  async function measureLane(lane: keyof typeof batches): Promise<LaneRound> {
    const { url } = lane === 'elsewhere' ? elsewhere : here
    const writing: Writing = { perSecond: RATE, seconds: SECONDS, eventsPerTransaction: batches[lane] }
    const writer = await startWriter(url, writing)
    await wait(WARM_UP_MS)
    const loginMs = await logIn(here.service, LOGINS)
    const { perSecond, appendMs } = await writer.end()
    await wait(WARM_UP_MS)
    return { loginMs, appendedPerSecond: perSecond, appendMs }
  }
}

async function openService({ lifetime, mariadb }: Place) {
  const { url } = await mariadb.createDatabase()
  const environment = {
    DATABASE_URL: url,
    SECRET_KEY: 'a secret key that only tests have', // that of the writer
    LIMITS: 'off',
    WORKERS: '2',
    ARGON2_MEMORY_KIB: undefined, // as in production
    ARGON2_PASSES: undefined,
  }
  return { url, service: await startProcess(lifetime, { environment }) }
}

/** @returns what one of them takes: the median */
async function logIn(service: Awaited<ReturnType<typeof startProcess>>, count: number): Promise<number> {
  const times: number[] = []
  for (let number = 0; number < count; number++) {
    const begunAt = performance.now()
    const answer = await service.post('/api/accounts/login/', people[number % people.length])
    if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
    times.push(performance.now() - begunAt)
  }
  return median(times)
}
