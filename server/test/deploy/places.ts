/** Every installed proxy with its recipe, between a service behind and the auth service; and how it is judged. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { OLD_KEY } from '../old-token.ts'
import { claimsOf, join as joinIn, type Person } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'
import { type App, type Seen, startApp, valuesOf } from './app.ts'
import { isInstalled, type ProxyName, proxyNames, startProxy } from './proxies.ts'
import { type Relay, startRelay } from './relay.ts'
import { type Answer, APP, AUTH, ask, bearer, type Question, type Send } from './talk.ts'
import { identityHeaders, SPOOFED } from './tricks.ts'

export type Place = {
  readonly name: ProxyName
  /** Of the proxy. */
  readonly port: number
  readonly auth: RunningProcess
  readonly app: App
  readonly relay: Relay
  readonly ann: Person
}

/** Starts all of it; it ends with the test. A proxy that is not installed is named, and a failure with CI=true. */
export async function startPlaces(t: TestContext): Promise<Place[]> {
  const missing = proxyNames.filter((name) => !isInstalled(name))
  for (const name of missing) t.diagnostic(`Not run: all on ${name}, which is not installed here (npm run services)`)
  if (process.env.CI === 'true') assert.deepEqual(missing, [], 'a proxy is not installed')
  const environment = { PUBLIC_URL: `https://${AUTH}`, TRUST_PROXY: '127.0.0.1', JWT_SECRET_KEY: OLD_KEY }
  const auth = await startProcess(t, { environment })
  return Promise.all(proxyNames.filter(isInstalled).map((name) => startPlace(t, name, auth)))
}

async function startPlace(t: TestContext, name: ProxyName, auth: RunningProcess): Promise<Place> {
  const app = await startApp(t)
  const relay = await startRelay(t, auth.port)
  const port = await startProxy(t, name, { authPort: relay.port, appPort: app.port })
  return { name, port, auth, app, relay, ann: await joinPlace({ name, auth }, 'ann') }
}

/** Registers a person and signs in, past the proxy. */
export function joinPlace({ name, auth }: Pick<Place, 'name' | 'auth'>, who: string): Promise<Person> {
  return joinIn(auth, `${who}-${name.toLowerCase()}`)
}

/** An address of this machine that nobody else in this run comes from. */
export function ownAddress({ port }: Place): string {
  return `127.1.${port >> 8}.${port & 255}`
}

export function askAs({ port }: Place, { access }: Person): Promise<Answer> {
  return ask(port, { target: '/private', headers: [bearer(access)] })
}

/** The service behind was told who it is, once for each name, and nothing that the client said about it. */
export function expectIdentity({ status, seen, text }: Answer, { id, email, access }: Person): void {
  assert.ok(seen, `${status} ${text}`)
  assert.deepEqual(valuesOf(seen, 'X-User-Id'), [String(id)])
  assert.deepEqual(valuesOf(seen, 'X-User-Email'), [email])
  assert.deepEqual(valuesOf(seen, 'X-Session-Id'), [claimsOf(access).sid])
  assert.equal(valuesOf(seen, 'X-User-Roles').join(), '') // one that is empty, or none
  expectHonest(seen)
}

/** The service behind was reached, and told that nobody is known. */
export function expectNobody({ status, seen, text }: Answer): void {
  assert.ok(seen, `${status} ${text}`)
  expectNobodySeen(seen)
}

export function expectNobodySeen(seen: Seen): void {
  for (const name of identityHeaders) assert.equal(valuesOf(seen, name).join(), '')
  expectHonest(seen)
}

function expectHonest(seen: Seen): void {
  assert.deepEqual(
    seen.headers.filter(([, value]) => value === SPOOFED),
    [],
  )
  assert.deepEqual(valuesOf(seen, 'X-Forwarded-For'), ['127.0.0.1'])
  assert.deepEqual(valuesOf(seen, 'X-Forwarded-Proto'), ['https'])
  assert.deepEqual(valuesOf(seen, 'X-Forwarded-Host'), [APP])
}

/** Asks, and sees that the service behind heard nothing of it. */
export async function expectNoAccess({ port, app }: Place, question: Question, send: Send = ask): Promise<Answer> {
  app.takeSeen()
  const answer = await send(port, question)
  const what = `${question.method ?? 'GET'} ${question.target.slice(0, 200)}`
  assert.ok(answer.status === 0 || answer.status >= 400, `${what}: ${answer.status}`)
  assert.deepEqual(app.takeSeen(), [], what)
  return answer
}

/** The same, with the challenge that tells the client why. */
export async function expectChallenge(place: Place, question: Question, challenge: string): Promise<void> {
  const { status, headers } = await expectNoAccess(place, question)
  assert.deepEqual([status, headers['www-authenticate']], [401, challenge])
}
