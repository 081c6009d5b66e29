/** The end of the process: whoever was let in is answered, and it takes no longer than it may. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, type Client, createClient } from '../client.ts'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join, paths } from '../scenario.ts'
import { launchProcess, type RunningProcess, startProcess } from '../start-process.ts'
import { type Asker, startAsker } from './askers.ts'

const SECRET_KEY = 'a secret key that only tests have'
const DRAIN_SECONDS = '10'
const SLOW = { ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '2' } // a login takes a tenth of a second and more

const ends: [name: string, kind: 'sqlite' | 'mysql', workers: string, signal: NodeJS.Signals][] = [
  ['one process on SQLite, ended by SIGTERM', 'sqlite', '1', 'SIGTERM'],
  ['one process on SQLite, ended by SIGINT', 'sqlite', '1', 'SIGINT'],
  ['three processes on MariaDB, ended by SIGTERM', 'mysql', '3', 'SIGTERM'],
  ['three processes on MariaDB, ended by SIGINT', 'mysql', '3', 'SIGINT'],
]

for (const [name, kind, WORKERS, signal] of ends.filter(([, kind]) => isChosen(kind))) {
  test(`${name}: every request over kept connections is answered, then it ends with 0`, async (t) => {
    const { url: DATABASE_URL } = await freshDatabase(t, kind)
    const s = await startProcess(t, { environment: { DATABASE_URL, SECRET_KEY, WORKERS, DRAIN_SECONDS, ...SLOW } })
    const askers = await startLoad(s)
    await eventually('everybody has been answered', () => areAnswered(askers), 60)
    const startedAt = performance.now()
    for (const pid of workersOf(s)) process.kill(pid, signal) // terminals and service managers tell the whole group
    assert.equal(await s.stop(signal), 0)
    assert.ok(performance.now() - startedAt < Number(DRAIN_SECONDS) * 1000)
    await Promise.all(askers.map(({ done }) => done))
    const answers = askers.flatMap((asker) => asker.answers)
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const last = askers.filter((asker) => asker.answers.at(-1)?.headers.connection === 'close')
    assert.ok(last.length > askers.length / 2, 'most were asking when the end came, and were told to go elsewhere')
    t.diagnostic(`${answers.length} answers, ended in ${Math.round(performance.now() - startedAt)} ms`)
  })
}

describe('one process', () => {
  test('answers what waits for its turn to be hashed when SIGTERM comes, and a second SIGTERM does no harm', async (t) => {
    const s = await startProcess(t, { environment: { DRAIN_SECONDS, ...SLOW } })
    const { email, password } = await join(s, 'ann')
    const clients = Array.from({ length: 8 }, () => clientOf(t, s))
    const logins = clients.map((client) => client.post(paths.login, { email, password }))
    await clientOf(t, s).get('/healthz') // behind the logins: they have been read
    const code = s.stop()
    await eventually('it drains', () => s.logs.some(({ msg }) => msg === 'draining'))
    process.kill(s.pid, 'SIGTERM')
    for (const { status } of await Promise.all(logins)) assert.equal(status, 200)
    assert.equal(await code, 0)
    assert.equal(s.logs.filter(({ msg }) => msg === 'draining').length, 1)
  })

  test('answers through connections that were idle when SIGTERM came, says that it is not ready, and lets nobody else in', async (t) => {
    const s = await startProcess(t, { environment: { DRAIN_SECONDS } })
    const [idle, other] = [clientOf(t, s), clientOf(t, s)]
    await Promise.all([idle.get('/readyz'), other.get('/readyz')])
    const code = s.stop()
    await eventually('it drains', () => s.logs.some(({ msg }) => msg === 'draining'))
    const [readiness, health] = await Promise.all([idle.get('/readyz'), other.get('/healthz')])
    assert.deepEqual([readiness.status, (readiness.json as { code: string }).code], [503, 'shutting-down'])
    assert.deepEqual([health.status, health.headers.connection], [200, 'close'])
    await assert.rejects(clientOf(t, s).get('/healthz'), { code: 'ECONNREFUSED' })
    assert.equal(await code, 0)
  })

  test('cuts off a request that never ends when its time is over', async (t) => {
    const s = await startProcess(t, { environment: { DRAIN_SECONDS: '1' } })
    const socket = connect(s.port, '127.0.0.1')
    socket.write(
      'POST /api/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    )
    await once(socket, 'ready')
    await s.get('/healthz')
    const closed = once(
      socket.resume().on('error', () => {}),
      'close',
    )
    const startedAt = performance.now()
    assert.equal(await s.stop(), 0)
    await closed
    const seconds = (performance.now() - startedAt) / 1000
    assert.ok(seconds >= 1 && seconds < 8, `${seconds} s`)
  })

  test('ends the streams of the revocation feed at once', async (t) => {
    const s = await startProcess(t, { environment: { DRAIN_SECONDS } })
    const stream = await fetch(`http://127.0.0.1:${s.port}/api/revocations/stream`)
    const startedAt = performance.now()
    const code = s.stop()
    assert.match(await stream.text(), /^id: /)
    assert.equal(await code, 0)
    assert.ok(performance.now() - startedAt < 5_000)
  })
})

for (const WORKERS of ['1', '3']) {
  test(`a start of ${WORKERS} process(es) that is told to end does so at once, however far it is`, async (t) => {
    for (const milliseconds of [0, 100, 200, 300, 400]) {
      const { url: DATABASE_URL } = await freshDatabase(t, 'sqlite')
      const { ended, stop, logs } = await launchProcess(t, { environment: { DATABASE_URL, SECRET_KEY, WORKERS } })
      await eventually('it has begun', () => logs.some(({ msg }) => msg === 'schema brought up to date'))
      await wait(milliseconds)
      const startedAt = performance.now()
      await stop()
      assert.ok(performance.now() - startedAt < 10_000, `after ${milliseconds} ms`)
      assert.deepEqual(
        logs.filter(({ level }) => level === 'error'),
        [],
      )
      assert.equal((await ended).code ?? 0, 0, 'it was no failure')
    }
  })
}

async function startLoad(s: RunningProcess): Promise<Asker[]> {
  const { email, password, access } = await join(s, 'ann')
  const refreshers = await Promise.all(['bea', 'cleo'].map((name) => join(s, name)))
  const verify = (client: Client) => client.post(paths.verify, { token: access })
  const login = (client: Client) => client.post(paths.login, { email, password })
  return [
    ...Array.from({ length: 4 }, () => startAsker(s.port, verify)),
    ...Array.from({ length: 4 }, () => startAsker(s.port, login)),
    ...refreshers.map((person) => startAsker(s.port, refreshing(person.refresh))),
  ]
}

/** @throws why one of them got no answer */
async function areAnswered(askers: readonly Asker[]): Promise<boolean> {
  await Promise.all(askers.filter(({ hasFailed }) => hasFailed).map(({ done }) => done))
  return askers.every(({ answers }) => answers.length > 0)
}

function refreshing(first: string): (client: Client) => Promise<Answer> {
  let refresh = first
  return async (client) => {
    const answer = await client.post(paths.refresh, { refresh })
    refresh = (answer.json as { refresh: string }).refresh
    return answer
  }
}

function workersOf({ logs, pid }: RunningProcess): number[] {
  return logs.flatMap((line) => (line.msg === 'listening' && line.pid !== pid ? [line.pid] : []))
}

function clientOf(t: TestContext, s: RunningProcess): Client {
  const client = createClient(s.port)
  t.after(() => client.close())
  return client
}

function isChosen(kind: string): boolean {
  return databases().some((database) => database.kind === kind)
}
