/** Nothing that was acknowledged is lost, nothing is made up, and the service comes back by itself. */
import assert from 'node:assert/strict'
import { after, describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, type Client, createClient } from '../client.ts'
import { type DatabaseServer, startMariadb, startPostgres } from '../database-servers.ts'
import { databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, PASSWORD, paths, type TokenPair } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'

const SECRET_KEY = 'a secret key that only this test has'
const CLIENTS = 8
const UNTIL_KILLED_MS = 1_500
const AWAY_MS = 1_500
const BACK_MS = 2_000

const servers = { mysql: startMariadb, postgres: startPostgres }

/** What the service has acknowledged to one client, whatever happened in between. */
type Ledger = { registered: string[]; open: TokenPair[]; ended: TokenPair[]; odd: string[]; away: number }

/** A client that registers, signs in, refreshes and signs out, and keeps a ledger of what was acknowledged. */
async function live(port: number, name: string, isOver: () => boolean): Promise<Ledger> {
  const client = createClient(port)
  const ledger: Ledger = { registered: [], open: [], ended: [], odd: [], away: 0 }
  for (let turn = 0; !isOver(); turn++) await liveOn(client, ledger, `${name}-${turn}@example.com`)
  client.close()
  return ledger
}

async function liveOn(client: Client, ledger: Ledger, email: string): Promise<void> {
  if (!(await ask(client, ledger, 'register', { email, password: PASSWORD }, 201))) return
  ledger.registered.push(email)
  const login = await ask(client, ledger, 'login', { email, password: PASSWORD }, 200)
  if (!login) return
  let tokens = login.json as TokenPair
  for (let round = 0; round < 3; round++) {
    const next = await ask(client, ledger, 'refresh', { refresh: tokens.refresh }, 200)
    if (!next) return void ledger.open.push(tokens) // what was answered last must still open the session
    tokens = next.json as TokenPair
  }
  if (await ask(client, ledger, 'logout', { refresh: tokens.refresh }, 200)) ledger.ended.push(tokens)
}

/** @returns the answer if it is the wanted one; undefined when the database was away */
async function ask(
  client: Client,
  ledger: Ledger,
  endpoint: keyof typeof paths,
  body: object,
  wanted: number,
): Promise<Answer | undefined> {
  const answer = await client.post(paths[endpoint], body)
  if (answer.status === wanted) return answer
  if (answer.status === 503) ledger.away++
  else ledger.odd.push(`${endpoint} ${answer.status} ${answer.text}`)
  return undefined
}

function assertSaysNothing(answer: Answer, server: DatabaseServer): void {
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.ok(Number(answer.headers['retry-after']) >= 1)
  assert.equal((answer.json as { code: string }).code, 'database-unavailable')
  for (const secret of [
    server.host,
    String(server.port),
    server.user,
    'select',
    'insert',
    'node_modules',
    'ECONN',
    '.ts',
  ]) {
    assert.ok(!answer.text.includes(secret), `${secret} in ${answer.text}`)
  }
}

async function start(t: TestContext, server: DatabaseServer, environment = {}): Promise<RunningProcess> {
  const { url } = await server.createDatabase()
  return startProcess(t, { environment: { DATABASE_URL: url, SECRET_KEY, WORKERS: '1', ...environment } })
}

const signUp = async (s: RunningProcess, email: string): Promise<TokenPair> => {
  assert.equal((await s.post(paths.register, { email, password: PASSWORD })).status, 201)
  return (await s.post(paths.login, { email, password: PASSWORD })).json as TokenPair
}

describe('a database killed under the service', { concurrency: true }, () => {
  for (const { kind, name } of databases()) {
    if (kind !== 'sqlite') describe(name, { concurrency: 1 }, () => describeKill(kind)) // that one has no process to kill
  }
})

async function describeKill(kind: 'mysql' | 'postgres'): Promise<void> {
  const server = await servers[kind]({ durable: true })
  after(() => server.stop())

  it('with kill -9 under load: nothing that was acknowledged is lost', async (t) => {
    const s = await start(t, server, { REFRESH_GRACE_SECONDS: '60' })
    let isOver = false
    const clients = Array.from({ length: CLIENTS }, (_, index) => live(s.port, `c${index}`, () => isOver))
    await wait(UNTIL_KILLED_MS)
    await server.kill()
    await wait(AWAY_MS)
    await server.start()
    await eventually('the service is ready again', async () => (await s.get('/readyz')).status === 200)
    await wait(BACK_MS)
    isOver = true
    const ledgers = await Promise.all(clients)

    const registered = ledgers.flatMap((ledger) => ledger.registered)
    assert.ok(registered.length > CLIENTS, 'there was load')
    assert.ok(
      ledgers.every(({ away }) => away > 0),
      'everybody met the outage',
    )
    for (const { odd } of ledgers) {
      // A change whose answer was lost may have been made: its repetition meets what it left. Nothing else is odd.
      for (const text of odd) assert.match(text, /^(register 400 .*already exists|refresh 401 .*|logout 401 .*)/)
    }
    for (const email of registered) {
      assert.equal((await s.post(paths.register, { email, password: PASSWORD })).status, 400, `${email} is there`)
    }
    const [someone = ''] = registered
    assert.equal((await s.post(paths.login, { email: someone, password: PASSWORD })).status, 200)
    for (const { refresh } of ledgers.flatMap(({ open }) => open)) {
      // The refresh that nobody heard the end of was made or not: within the grace window both are answered alike.
      const answer = await s.post(paths.refresh, { refresh })
      assert.equal(answer.status, 200, answer.text)
    }
    for (const { ended } of ledgers) {
      for (const { access, refresh } of ended) {
        assert.equal((await s.post(paths.verify, { token: access })).status, 401, 'an ended session stays ended')
        assert.equal((await s.post(paths.refresh, { refresh })).status, 401)
      }
    }
  })

  it('CVE-2024-32967: while it is away: 503 problems that name nothing, from memory what needs no database, and it comes back', async (t) => {
    const s = await start(t, server, { REVOCATION_STALE_SECONDS: '3' })
    const { access, refresh } = await signUp(s, 'away@example.com')
    const ended = await signUp(s, 'ended@example.com')
    assert.equal((await s.post(paths.logout, { refresh: ended.refresh })).status, 200)
    await server.kill()
    const askAll = [
      s.post(paths.register, { email: 'new@example.com', password: PASSWORD }),
      s.post(paths.login, { email: 'away@example.com', password: PASSWORD }),
      s.post(paths.login, { email: 'nobody@example.com', password: PASSWORD }),
      s.post(paths.refresh, { refresh }),
      s.post(paths.logout, { refresh }),
      s.post(paths.verify, { token: refresh }),
      s.get('/readyz'),
      s.get('/api/account/sessions', { authorization: `Bearer ${access}` }),
    ]
    for (const answer of await Promise.all(askAll)) {
      assert.equal(answer.status, 503, answer.text)
      assertSaysNothing(answer, server)
    }
    assert.equal((await s.get('/healthz')).status, 200)
    assert.equal((await s.get('/.well-known/jwks.json')).status, 200)
    assert.equal((await s.post(paths.verify, { token: access })).status, 200)
    assert.equal((await s.post(paths.verify, { token: ended.access })).status, 401)
    const stale = await eventually('verify does not guess for ever', async () => {
      const answer = await s.post(paths.verify, { token: access })
      return answer.status !== 200 && answer
    })
    assert.equal(stale.status, 503)
    assertSaysNothing(stale, server)

    await server.start()
    await eventually('verify answers again', async () => {
      return (await s.post(paths.verify, { token: access })).status === 200
    })
    const next = await s.post(paths.refresh, { refresh })
    assert.equal(next.status, 200, 'the refresh that was answered 503 did not happen, or is repeated')
    assert.equal(claimsOf((next.json as TokenPair).refresh).sid, claimsOf(refresh).sid)
    assert.equal((await s.post(paths.register, { email: 'new@example.com', password: PASSWORD })).status, 201)
  })
}
