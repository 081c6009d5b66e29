/** Several processes behind one port: what one of them knows all of them know, and one that dies is no loss. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Answer, type Client, createClient } from '../client.ts'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join, logOut, paths, signIn } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'
import { type Asker, startAsker } from './askers.ts'

const ROUNDS = 100
const WORKERS = 3
const environment = { SECRET_KEY: 'a secret key that only tests have', WORKERS: String(WORKERS) }

const [kind = 'sqlite'] = databases()
  .flatMap(({ kind }) => (kind === 'sqlite' ? [] : [kind]))
  .reverse() // PostgreSQL first

test('a token is refused by every process as soon as its logout was answered', async (t) => {
  const s = await start(t)
  const { email } = await join(s, 'ann')
  const asked = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const { access, refresh } = await signIn(s, email)
    await logOut(s, refresh)
    const answers = await askAnew(s, 2 * WORKERS, (client) => client.post(paths.verify, { token: access }))
    for (const answer of answers) asked.add(processOf(answer))
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(2 * WORKERS).fill(401),
      `round ${round}`,
    )
  }
  assert.equal(asked.size, WORKERS, 'every process was asked')
})

test('a process that is killed is replaced, and whoever talks to another one does not notice', async (t) => {
  const s = await start(t)
  const { email, access } = await join(s, 'ann')
  const askers = Array.from({ length: 3 * WORKERS }, () =>
    startAsker(s.port, (client) => client.post(paths.verify, { token: access })),
  )
  await eventually('everybody is answered', () => askers.every(({ answers }) => answers.length > 10))
  const [victim] = s.logs.filter(({ msg }) => msg === 'listening')
  assert.ok(victim)
  process.kill(victim.pid, 'SIGKILL')
  await eventually('another process listens', () => s.logs.filter(({ msg }) => msg === 'listening').length > WORKERS)
  const before = new Map(askers.map((asker) => [asker, asker.answers.length]))
  const goesOn = (asker: Asker) => asker.hasFailed || asker.answers.length > (before.get(asker) ?? 0) + 20
  await eventually('everybody else goes on', () => askers.every(goesOn))
  for (const asker of askers) asker.stop()
  await Promise.allSettled(askers.map(({ done }) => done))
  const failed = askers.filter(({ hasFailed }) => hasFailed)
  assert.ok(failed.length < askers.length)
  assert.ok(
    new Set(failed.map(({ answers }) => processOf(answers[0]))).size <= 1,
    'only connections to that process broke',
  )
  for (const { status } of askers.flatMap(({ answers }) => answers)) assert.equal(status, 200)

  const [died] = s.logs.filter(({ msg }) => msg === 'a worker process died and is replaced')
  assert.deepEqual([died?.worker, died?.signal], [victim.pid, 'SIGKILL'])
  const asked = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const tokens = await signIn(s, email)
    await logOut(s, tokens.refresh)
    const answers = await askAnew(s, 2 * WORKERS, (client) => client.post(paths.verify, { token: tokens.access }))
    for (const answer of answers) asked.add(processOf(answer))
    for (const { status } of answers) assert.equal(status, 401, 'the new process is told too')
  }
  assert.equal(asked.size, WORKERS)
})

test('when the primary process is killed the others answer what is running and end', async (t) => {
  const s = await start(t, { ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '5' })
  const { email, password } = await join(s, 'ann')
  const clients = Array.from({ length: WORKERS }, () => clientOf(t, s))
  await Promise.all(clients.map((client) => client.get('/healthz')))
  const logins = clients.map((client) => client.post(paths.login, { email, password }))
  await Promise.all(clients.map(() => clientOf(t, s).get('/healthz'))) // the logins have arrived
  process.kill(s.pid, 'SIGKILL')
  for (const { status } of await Promise.all(logins)) assert.equal(status, 200)
  const { signal } = await s.ended // only now: all that it started has ended
  assert.equal(signal, 'SIGKILL')
})

async function start(t: TestContext, more: Record<string, string> = {}): Promise<RunningProcess> {
  const { url } = await freshDatabase(t, kind)
  return startProcess(t, { environment: { ...environment, DATABASE_URL: url, ...more } })
}

/** Asks over so many new connections at once: the primary process deals them out in turn. */
async function askAnew(
  { port }: RunningProcess,
  times: number,
  ask: (client: Client) => Promise<Answer>,
): Promise<Answer[]> {
  const clients = Array.from({ length: times }, () => createClient(port))
  return Promise.all(clients.map(ask)).finally(() => {
    for (const client of clients) client.close()
  })
}

/** A request id begins with the name of its process. */
function processOf(answer: Answer | undefined): string {
  return String(answer?.headers['x-request-id']).split('-')[0] ?? ''
}

function clientOf(t: TestContext, s: RunningProcess): Client {
  const client = createClient(s.port)
  t.after(() => client.close())
  return client
}
