/** A database that is there and says nothing: nobody waits for it for long, and it keeps nobody from ending. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type DatabaseServer, startMariadb, startPostgres } from '../database-servers.ts'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { expectProblem, join, logOut, type Person, paths, refresh, signIn } from '../scenario.ts'
import { type Answer, type Client, startProcess } from '../start-process.ts'
import { openSql } from './sql.ts'

const SECRET_KEY = 'a secret key that only tests have'
const STATEMENT_TIMEOUT_MS = 10_000
const ASKED_AT_ONCE = 40 // several times as many as there are connections

const servers = { mysql: startMariadb, postgres: startPostgres }

describe('while the database hangs', { concurrency: true }, () => {
  for (const { kind, name } of databases()) {
    if (kind !== 'sqlite') test(name, (t) => hang(t, servers[kind]))
  }
})

async function hang(t: TestContext, startServer: () => Promise<DatabaseServer>): Promise<void> {
  const server = await startServer()
  let goOn = () => {}
  t.after(() => {
    goOn() // stopped processes would not hear that they should end
    return server.stop()
  })
  const { url } = await server.createDatabase()
  const s = await startProcess(t, { environment: { DATABASE_URL: url, SECRET_KEY, WORKERS: '1', DRAIN_SECONDS: '2' } })
  const person = await join(s, 'ann')

  goOn = await stopAll(server)
  const asked = Promise.all(Array.from({ length: ASKED_AT_ONCE }, (_, n) => askDatabase(s, person, n)))
  const looks = await lookUntil(asked, s, person.access)
  for (const answer of await asked) {
    expectProblem(answer, 503, 'database-unavailable')
    assert.ok(answer.milliseconds < STATEMENT_TIMEOUT_MS + 5_000, `${Math.round(answer.milliseconds)} ms`)
  }
  for (const { status } of looks) assert.equal(status, 200, 'what needs no database goes on')
  const slowest = Math.max(...looks.map(({ milliseconds }) => milliseconds))
  assert.ok(slowest < 3_000, `verify and health check answered within ${Math.round(slowest)} ms`)

  goOn()
  const startedAt = performance.now()
  await eventually('a login works again', async () => (await askDatabase(s, person, 0)).status === 200, 5)
  t.diagnostic(`answers again after ${Math.round(performance.now() - startedAt)} ms`)
  await logOut(s, (await refresh(s, person.refresh)).refresh)

  goOn = await stopAll(server)
  const cutOff = assert.rejects(askDatabase(s, person, 0))
  await s.get('/healthz') // the login has arrived
  const toldAt = performance.now()
  assert.equal(await s.stop(), 0)
  const seconds = (performance.now() - toldAt) / 1000
  assert.ok(seconds < 2 + 6, `ended after ${seconds} s, with DRAIN_SECONDS=2`)
  await cutOff
  for (const secret of [server.password, SECRET_KEY, person.password, person.access, person.refresh])
    assert.ok(!s.output().includes(secret), 'nothing secret is in the log')
}

/** A login or a registration: neither can be answered without the database. */
function askDatabase(s: Client, { email, password }: Person, n: number): Promise<Answer> {
  if (n % 2 === 0) return s.post(paths.login, { email, password })
  return s.post(paths.register, { email: `new-${n}@example.com`, password })
}

/** Asks what needs no database, again and again. */
async function lookUntil(isOver: Promise<unknown>, s: Client, access: string): Promise<Answer[]> {
  const looks: Answer[] = []
  let goesOn = true
  const stop = () => {
    goesOn = false
  }
  void isOver.then(stop, stop)
  while (goesOn) {
    looks.push(await s.post(paths.verify, { token: access }), await s.get('/healthz'))
    await wait(100)
  }
  return looks
}

test('while another process writes to the SQLite file for too long, writers are told so and nobody else notices', async (t) => {
  const { url } = await freshDatabase(t, 'sqlite')
  const s = await startProcess(t, { environment: { DATABASE_URL: url, SECRET_KEY } })
  const { email, password, access, refresh: refreshToken } = await join(s, 'ann')
  const other = await openSql(t, url)
  await other('begin immediate')
  const writers = [
    s.post(paths.register, { email: 'bea@example.com', password }),
    s.post(paths.login, { email, password }),
    s.post(paths.refresh, { refresh: refreshToken }),
    s.post(paths.logout, { refresh: refreshToken }),
  ]
  for (let look = 0; look < 10; look++) {
    const answers = [await s.post(paths.verify, { token: access }), await s.get('/healthz')]
    for (const { status, milliseconds } of answers) {
      assert.equal(status, 200)
      assert.ok(milliseconds < 3_000, `${milliseconds} ms`)
    }
  }
  for (const answer of await Promise.all(writers)) expectProblem(answer, 503, 'database-unavailable')
  await other('rollback')
  const next = await refresh(s, refreshToken)
  await logOut(s, next.refresh)
  await signIn(s, email)
})

/** Stops a server and its children (PostgreSQL has one a connection). @returns what makes them go on */
async function stopAll({ pid }: DatabaseServer): Promise<() => void> {
  assert.ok(pid)
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const pids = [pid, ...children.trim().split(' ').filter(Boolean).map(Number)]
  for (const one of pids) process.kill(one, 'SIGSTOP')
  return () => {
    for (const one of pids) process.kill(one, 'SIGCONT')
  }
}
