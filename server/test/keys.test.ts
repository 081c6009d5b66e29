import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { databases, freshDatabase } from './databases.ts'
import { join, paths, signIn } from './scenario.ts'
import { startServer, type TestServer } from './start-server.ts'

const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256', 'ML-DSA-44', 'ML-DSA-65']
const FOLLOW_MS = 1_000

type PublicKey = { kid: string; alg: string; kty: string }

const keySet = async (s: TestServer) => ((await s.get('/.well-known/jwks.json')).json as { keys: PublicKey[] }).keys
const states = async ({ db }: TestServer) => {
  const rows = await db.selectFrom('signing_key').select(['algorithm', 'state']).orderBy('algorithm').execute()
  return rows.map(({ algorithm, state }) => `${algorithm} ${state}`)
}
const kidOf = (token: string) => decodeProtectedHeader(token).kid
const verify = async (s: TestServer, token: string) => (await s.post(paths.verify, { token })).status

async function until(isTrue: () => Promise<boolean>, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await isTrue())) {
    assert.ok(Date.now() < end, `not true within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Two services of one database that know nothing of each other. */
async function startTwo(t: TestContext, kind: TestServer['kind']): Promise<[TestServer, TestServer]> {
  const { url } = await freshDatabase(t, kind)
  const environment = { REVOCATION_POLL_MS: '300', KEY_PUBLISH_AHEAD_SECONDS: '60' }
  const one = await startServer(t, { kind, url, environment, clock: 'running' })
  return [one, await startServer(t, { kind, url, environment, clock: 'running' })]
}

describe('signing keys', () => {
  for (const { kind, name } of databases()) {
    it(`rotate without anybody noticing, and other processes follow within a second (${name})`, async (t) => {
      const [one, other] = await startTwo(t, kind)
      const person = await join(one, 'ann')
      await one.service.keys.rotate('now')
      const later = await signIn(one, person.email)
      assert.notEqual(kidOf(later.access), kidOf(person.access))
      assert.deepEqual(
        (await keySet(one)).map(({ kid }) => kid),
        [kidOf(person.access), kidOf(later.access)],
      )
      assert.equal(await verify(one, person.access), 200, 'what the previous key signed is good until it expires')
      assert.equal((await one.post(paths.refresh, { refresh: person.refresh })).status, 200)
      await until(async () => (await verify(other, later.access)) === 200, FOLLOW_MS)
      assert.equal(kidOf((await signIn(other, person.email)).access), kidOf(later.access))
    })

    it(`a compromised key is refused at once, on every process within a second, and its sessions end (${name})`, async (t) => {
      const [one, other] = await startTwo(t, kind)
      const person = await join(one, 'ann')
      const kid = kidOf(person.access) ?? ''
      assert.equal(await verify(other, person.access), 200)
      assert.equal(await one.service.lifecycle.retireKey(kid), 1)
      assert.equal(await verify(one, person.access), 401)
      assert.equal((await one.post(paths.refresh, { refresh: person.refresh })).status, 401)
      await until(async () => (await verify(other, person.access)) === 401, FOLLOW_MS)
      const row = await one.db.selectFrom('session').select(['ended_at', 'end_reason']).executeTakeFirstOrThrow()
      assert.equal(row.end_reason, 'key-compromised')
      const key = await one.db.selectFrom('signing_key').selectAll().where('id', '=', kid).executeTakeFirstOrThrow()
      assert.equal(key.private_key_sealed, '', 'the private half is gone')
      const fresh = await signIn(other, person.email)
      assert.equal(await verify(one, fresh.access), 200)
      await assert.rejects(one.service.lifecycle.retireKey(kid), { code: 'not-found' })
    })

    it(`ten processes that rotate at once leave one current key (${name})`, async (t) => {
      // Two connections of one process to SQLite would wait for each other: its lock is waited for without yielding.
      const [one, other = one] = kind === 'sqlite' ? [await startServer(t)] : await startTwo(t, kind)
      const services = Array.from({ length: 10 }, (_, index) => (index % 2 ? one : other))
      await Promise.all(services.map(({ service }) => service.keys.rotate('soon')))
      const rows = await one.db.selectFrom('signing_key').select(['state']).orderBy('state').execute()
      assert.deepEqual(
        rows.map(({ state }) => state),
        ['current', 'next'],
      )
    })
  }

  it('are published ahead by the calendar, sign in their turn, and are retired when their last token has expired', async (t) => {
    const day = 86_400
    const s = await startServer(t, { environment: { KEY_ROTATION_DAYS: '30', KEY_PUBLISH_AHEAD_SECONDS: `${day}` } })
    const states = () => s.service.keys.list().map(({ state }) => state)
    const first = kidOf((await join(s, 'ann')).access)
    await s.clock.advance(29 * day - 1)
    await s.service.keys.rotate('when-due')
    assert.deepEqual(states(), ['current'])
    await s.clock.advance(1)
    await s.service.keys.rotate('when-due')
    assert.deepEqual(states(), ['current', 'next'])
    assert.equal((await keySet(s)).length, 2, 'published before it signs')
    assert.equal(kidOf((await signIn(s, 'ann@example.com')).access), first)
    await s.clock.advance(day)
    await s.service.keys.rotate('when-due')
    assert.deepEqual(states(), ['previous', 'current'])
    assert.notEqual(kidOf((await signIn(s, 'ann@example.com')).access), first)
    await s.clock.advance(day + 60)
    await s.service.keys.rotate('when-due')
    assert.deepEqual(states(), ['current'])
    assert.equal((await keySet(s)).length, 1)
  })

  it('of an algorithm that is not configured any more verify until their last token has expired, and then go', async (t) => {
    const day = 86_400
    const { url } = await freshDatabase(t, 'sqlite')
    await t.test('one signs with ES256 and ends', async (t) => {
      const one = await startServer(t, { url, environment: { SIGNING_ALGORITHMS: 'ES256' } })
      assert.equal(decodeProtectedHeader((await join(one, 'ann')).access).alg, 'ES256')
    })
    const other = await startServer(t, { url, environment: { SIGNING_ALGORITHMS: 'EdDSA' } })
    const { clock } = other
    const published = async () => (await keySet(other)).map(({ alg }) => alg).sort()
    assert.deepEqual(await published(), ['ES256', 'EdDSA'])
    await other.service.keys.rotate('when-due')
    assert.equal((await states(other)).join(), 'ES256 current,EdDSA current', 'another process may need it still')

    await clock.advance(day)
    await other.service.keys.rotate('when-due')
    assert.equal((await states(other)).join(), 'ES256 previous,EdDSA current')
    assert.equal(decodeProtectedHeader((await signIn(other, 'ann@example.com')).access).alg, 'EdDSA')
    await clock.advance(day + 59)
    await other.service.keys.rotate('when-due')
    assert.deepEqual(await published(), ['ES256', 'EdDSA'])
    await clock.advance(1)
    await other.service.keys.rotate('when-due')
    assert.deepEqual(await published(), ['EdDSA'])
    const told = await other.db.selectFrom('event').select('data').where('type', '=', 'key.rotated').execute()
    const steps = told.map(({ data }) => (JSON.parse(data) as { step: string }).step)
    assert.deepEqual(steps.sort(), ['demoted', 'made', 'made', 'retired'])
  })

  it('are made anew for a process that still has the setting of before, which signs and follows on', async (t) => {
    const one = await startServer(t, { clock: 'running', environment: { REVOCATION_POLL_MS: '50' } })
    const { url } = one
    const ann = await join(one, 'ann')
    const other = await startServer(t, { url, clock: 'running', environment: { SIGNING_ALGORITHMS: 'EdDSA' } })
    await other.service.keys.rotate('now')
    await until(async () => kidOf((await signIn(one, ann.email)).access) !== kidOf(ann.access), 5 * FOLLOW_MS)
    assert.equal(await verify(one, ann.access), 200)
    assert.equal(decodeProtectedHeader((await signIn(one, ann.email)).access).alg, 'ES256')
  })

  for (const algorithm of ALGORITHMS) {
    it(`of ${algorithm} sign and verify`, async (t) => {
      const s = await startServer(t, { environment: { SIGNING_ALGORITHMS: `${algorithm},ES256` } })
      const person = await join(s, 'ann')
      assert.equal(decodeProtectedHeader(person.access).alg, algorithm)
      assert.equal(await verify(s, person.access), 200)
      assert.equal(await verify(s, `${person.access.slice(0, -6)}AAAAAA`), 401)
      const published = (await keySet(s)).map(({ alg }) => alg).sort()
      assert.deepEqual(published, [...new Set([algorithm, 'ES256'])].sort(), 'one current key for each algorithm')
    })
  }

  it('survive a change of SECRET_KEY in two steps, without a moment in which a token is refused', async (t) => {
    const { url } = await freshDatabase(t, 'sqlite')
    const [before, after] = ['the secret key as it was before', 'the secret key as it is from now on']
    const old = await startServer(t, { url, clock: 'running', environment: { SECRET_KEY: before } })
    const person = await join(old, 'ann')
    const both = { SECRET_KEY: after, SECRET_KEY_OTHER: before }
    const between = await startServer(t, { url, clock: 'running', environment: both })
    const rotated = await between.post(paths.refresh, { refresh: person.refresh })
    assert.equal(rotated.status, 200)
    const repeated = await old.post(paths.refresh, { refresh: person.refresh })
    assert.equal(repeated.status, 200, 'a repeat that meets a process with the old key alone')
    assert.equal(await between.service.keys.sealAgain(), 1)
    assert.equal(await between.service.keys.sealAgain(), 0)
    const alone = await startServer(t, { url, clock: 'running', environment: { SECRET_KEY: after } })
    for (const s of [old, between, alone]) assert.equal(await verify(s, person.access), 200)
    await assert.rejects(startServer(t, { url, environment: { SECRET_KEY: before } }), /SECRET_KEY does not open/)
  })
})
