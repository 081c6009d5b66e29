/** The Token Status List (draft-ietf-oauth-status-list), read by a verifier that knows nothing but the draft. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { inflateSync } from 'node:zlib'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectProblem, join, logOut, refresh, signIn } from '../scenario.ts'
import { type Client, startServer, type TestServer } from '../start-server.ts'

const ISSUER = 'https://auth.example.com'
const HOUR = 3600

type Status = { status_list: { idx: number; uri: string } }
const statusOf = (token: string) => (claimsOf(token).status as Status).status_list

async function read(s: Client & Pick<TestServer, 'clock'>, path: string) {
  const answer = await s.get(path)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['content-type'], 'application/statuslist+jwt')
  const keySet = createLocalJWKSet((await s.get('/.well-known/jwks.json')).json as JSONWebKeySet)
  const demands = { issuer: ISSUER, typ: 'statuslist+jwt', currentDate: new Date(s.clock.now()) }
  const { payload } = await jwtVerify(answer.text, keySet, demands)
  assert.equal(payload.sub, `${ISSUER}${path}`)
  const { bits, lst } = payload.status_list as { bits: number; lst: string }
  assert.equal(bits, 1)
  return { answer, payload, bytes: inflateSync(Buffer.from(lst, 'base64url')) }
}

/** 1: the session of this access token has ended (§7.1, INVALID). */
async function bitOf(s: Client & Pick<TestServer, 'clock'>, token: string): Promise<number> {
  const { idx, uri } = statusOf(token)
  const { bytes } = await read(s, uri.slice(ISSUER.length))
  return ((bytes[idx >> 3] ?? 0) >> (idx & 7)) & 1
}

for (const { kind, name } of databases()) {
  test(`the status list on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const ann = await join(s, 'ann')

    await t.test('is named by access tokens, also after a refresh, and by no refresh token', async () => {
      const next = await refresh(s, ann.refresh)
      assert.equal(statusOf(ann.access).uri, `${ISSUER}/api/status-lists/0`)
      assert.deepEqual(claimsOf(next.access).status, claimsOf(ann.access).status)
      for (const token of [ann.refresh, next.refresh]) assert.equal(claimsOf(token).status, undefined)
    })

    await t.test('has a bit for each session that nobody else is given, also where a transaction fails', async () => {
      const { database, sessions } = s.service
      const opening = {
        origin: { address: null, userAgent: null },
        proof: { amr: ['pwd'], authenticatedAt: 0 },
      } as const
      const open = (fails: boolean) =>
        database
          .transaction(async (tx) => {
            const { statusIndex } = await sessions.open(tx, ann.id, opening)
            if (fails) throw new RangeError('it is not committed')
            return [statusIndex]
          })
          .catch((error: unknown) => (error instanceof RangeError ? [] : Promise.reject(error)))
      const given: (number | null)[] = []
      for (let round = 0; round < 50; round++) {
        given.push(...(await Promise.all([0, 1, 2].map((n) => open((round + n) % 3 === 0)))).flat())
      }
      assert.equal(new Set(given).size, 100)
      const rows = await s.db.selectFrom('status_index').select('id').execute()
      assert.ok(rows.length < 20, `${rows.length} rows for 100 sessions`)
    })

    await t.test('has a 1 for exactly the sessions that have ended', async () => {
      const pairs = await Promise.all(Array.from({ length: 12 }, () => signIn(s, ann.email)))
      assert.equal(new Set(pairs.map(({ access }) => statusOf(access).idx)).size, 12)
      const ended = pairs.filter((_, n) => n % 3 === 0)
      for (const pair of ended) await logOut(s, pair.refresh)
      const { bytes } = await read(s, '/api/status-lists/0')
      const ones = Array.from({ length: bytes.length * 8 }, (_, idx) => idx).filter(
        (idx) => ((bytes[idx >> 3] ?? 0) >> (idx & 7)) & 1,
      )
      assert.deepEqual(
        ones,
        ended.map(({ access }) => statusOf(access).idx).sort((a, b) => a - b),
      )
    })

    await t.test('has a bit for the session that a token of the old service became', async () => {
      const { access, refresh: token } = await refresh(s, signOld(oldClaims(s, ann.id, 'refresh')))
      await s.clock.advance(1)
      assert.equal(await bitOf(s, access), 0)
      await logOut(s, token)
      await s.clock.advance(1)
      assert.equal(await bitOf(s, access), 1)
    })

    await t.test('never gives a bit to a second session, though everything of the first was purged', async () => {
      const before = await join(s, 'bob')
      await logOut(s, before.refresh)
      const { idx } = statusOf(before.access)
      await s.clock.advance(30 * 24 * HOUR)
      await s.service.sessions.purge(0)
      const after = await Promise.all(Array.from({ length: 5 }, () => signIn(s, before.email)))
      for (const { access } of after) {
        assert.ok(statusOf(access).idx > idx)
        assert.equal(await bitOf(s, access), 0)
      }
    })

    await t.test('is not named where a session of an earlier release has no bit', async () => {
      const { access, refresh: token } = await signIn(s, ann.email)
      // Its refresh tokens do not say what the row said: the row is read.
      const asBefore = { status_index: null, claims_version: 1 }
      await s.db.updateTable('session').set(asBefore).where('id', '=', claimsOf(access).sid).execute()
      const next = await refresh(s, token)
      assert.equal(claimsOf(next.access).status, undefined)
      await logOut(s, next.refresh)
    })
  })

  test(`another service on the same ${name} says it within a second`, async (t) => {
    const environment = { REVOCATION_POLL_MS: '400' }
    const one = await startServer(t, { kind, environment, clock: 'running' })
    const other = await startServer(t, { kind, environment, clock: 'running', url: one.url })
    const ann = await join(one, 'ann')
    const bob = await join(one, 'bob')
    assert.equal(await bitOf(other, ann.access), 0)
    await logOut(one, ann.refresh)
    const endedAt = performance.now()
    while ((await bitOf(other, ann.access)) === 0) {
      assert.ok(performance.now() - endedAt < 1000, 'a second has passed')
      await wait(20)
    }
    assert.equal(await bitOf(other, bob.access), 0)
  })
}

test('a status list may be kept for ten seconds, expires, and is asked for again with its tag', async (t) => {
  const s = await startServer(t)
  const { answer, payload } = await read(s, '/api/status-lists/0')
  assert.equal(answer.headers['cache-control'], 'public, max-age=10')
  const now = s.clock.seconds()
  assert.deepEqual([payload.iat, payload.ttl, payload.exp], [now, 10, now + 300])
  const { etag } = answer.headers
  const again = await s.get('/api/status-lists/0', { 'if-none-match': etag })
  assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag])
  await s.clock.advance(29)
  assert.equal((await s.get('/api/status-lists/0')).headers.etag, etag, 'nothing happened')
  await s.clock.advance(1)
  assert.equal((await read(s, '/api/status-lists/0')).payload.iat, now + 30)
})

test('a status list is signed anew at once when its key was stolen', async (t) => {
  const s = await startServer(t)
  await read(s, '/api/status-lists/0')
  const [key] = s.service.keys.list()
  await s.service.lifecycle.retireKey(key?.id ?? '')
  await read(s, '/api/status-lists/0')
})

test('there are no more status lists than one beyond the last that sessions use', async (t) => {
  const s = await startServer(t)
  const ROWS_A_LIST = 2 ** 17 / 64
  const status = async (list: string) => (await s.get(`/api/status-lists/${list}`)).status
  for (const list of ['2', '999999999', '-1', '00', '1.5', 'x', '9'.repeat(90)]) {
    expectProblem(await s.get(`/api/status-lists/${list}`), 404, 'not-found')
  }
  assert.equal(await status('1'), 200)
  await s.db
    .insertInto('status_index')
    .values({ id: 3 * ROWS_A_LIST - 1, allotted_at: 0 })
    .execute()
  await s.clock.advance(1)
  const { access } = await join(s, 'ann')
  assert.deepEqual(statusOf(access), { idx: 0, uri: `${ISSUER}/api/status-lists/3` })
  assert.equal(await bitOf(s, access), 0)
  assert.deepEqual([await status('0'), await status('4'), await status('5')], [200, 200, 404])
})

test('no status list is signed by a process that does not know what ended', async (t) => {
  const s = await startServer(t, { environment: { REVOCATION_STALE_SECONDS: '30' } })
  await s.db.schema.alterTable('revocation').renameTo('away').execute()
  await s.clock.advance(31).catch(() => {})
  expectProblem(await s.get('/api/status-lists/0'), 503, 'database-unavailable')
})
