/** The signing keys in the hands of an operator, over HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import type { RevocationPage } from '../../../contract/revocations.ts'
import { databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { claimsOf, expectProblem, headerOf, isGood, join, logOut, paths, refresh, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { joinAs } from './operators.ts'

type Keys = { keys: { id: string; state: string }[] }

test('keys are listed, rotated by and by or at once, and retired when they were stolen', async (t) => {
  const s = await startServer(t)
  const admin = await joinAs(s, 'admin', ['admin'])
  const ann = await join(s, 'ann')
  const first = headerOf(ann.access).kid
  const states = async (method: string, path: string, body?: unknown) =>
    ((await admin.ask(method, path, body)).json as Keys).keys.map(({ state }) => state).sort()

  assert.deepEqual(await states('GET', '/api/admin/keys'), ['current'])
  assert.ok(!/"d"|private|sealed/.test((await admin.ask('GET', '/api/admin/keys')).text))
  assert.deepEqual(await states('POST', '/api/admin/keys/rotate', {}), ['current', 'next'])
  assert.deepEqual(await states('POST', '/api/admin/keys/rotate', { now: true }), ['current', 'previous'])
  expectProblem(await admin.ask('POST', '/api/admin/keys/rotate', { now: 'yes' }), 400, 'malformed-request')
  const later = await signIn(s, ann.email)
  assert.notEqual(headerOf(later.access).kid, first)
  assert.ok(await isGood(s, ann.access))

  expectProblem(await admin.ask('POST', '/api/admin/keys/nobody/retire'), 404, 'not-found')
  const retired = await admin.ask('POST', `/api/admin/keys/${first}/retire`)
  assert.equal(retired.status, 200, retired.text)
  assert.equal(await isGood(s, ann.access), false)
  const rows = await s.db.selectFrom('event').select(['type', 'actor_kind']).where('type', 'like', 'key.%').execute()
  const told = rows.map(({ type, actor_kind }) => `${type} by ${actor_kind}`)
  assert.ok(told.includes('key.rotated by operator') && told.includes('key.compromised by operator'), told.join())
})

for (const { kind, name } of databases()) {
  test(`a stolen key that signs no more ends also what was refreshed or opened under the next one, everywhere (${name})`, async (t) => {
    const environment = { REVOCATION_POLL_MS: '300' }
    const one = await startServer(t, { kind, environment, clock: 'running' })
    const other = await startServer(t, { kind, environment, clock: 'running', url: one.url })
    const admin = await joinAs(one, 'admin', ['admin'])
    const [ann, bob] = [await join(one, 'ann'), await join(one, 'bob')]
    await logOut(one, bob.refresh)
    const stolen = headerOf(ann.access).kid
    await one.service.keys.rotate('now')
    const refreshed = await refresh(one, ann.refresh)
    const later = await signIn(one, bob.email)
    for (const { access } of [refreshed, later]) {
      assert.notEqual(headerOf(access).kid, stolen)
      await eventually('the other one knows the key', () => isGood(other, access))
      assert.equal(await bitOf(other, access), 0)
    }

    const retired = await admin.ask('POST', `/api/admin/keys/${stolen}/retire`)
    assert.deepEqual(retired.json, { ended: 3 }, 'the operator, ann, and the later one of bob')
    for (const { access, refresh: token } of [refreshed, later]) {
      assert.equal(await isGood(one, access), false, 'at once')
      assert.equal((await forwardAuth(one, access)).status, 401)
      assert.equal((await one.post(paths.refresh, { refresh: token })).status, 401)
      assert.ok((await sidsOf(one)).includes(claimsOf(access).sid))
      await eventually('the other one refuses it', async () => !(await isGood(other, access)), 1)
      assert.equal((await forwardAuth(other, access)).status, 401)
      assert.ok((await sidsOf(other)).includes(claimsOf(access).sid))
      await eventually('the status list says it', async () => (await bitOf(other, access)) === 1, 1)
    }

    const row = one.db.selectFrom('session').select('end_reason').where('id', '=', claimsOf(bob.access).sid)
    assert.equal((await row.executeTakeFirstOrThrow()).end_reason, 'logout', 'what had ended is left as it was')
    const told = await one.db.selectFrom('event').select(['type', 'reason', 'data']).orderBy('position').execute()
    const { data } = told.find(({ type }) => type === 'key.compromised') ?? { data: '{}' }
    assert.deepEqual(JSON.parse(data), { keyId: stolen, sessionsEnded: 3 })
    assert.ok(!told.some(({ reason }) => reason === 'key-compromised'), 'one event says it of all')
    const fresh = await signIn(other, bob.email)
    await eventually('a session that is opened afterwards is good', () => isGood(one, fresh.access), 1)
  })
}

const forwardAuth = (s: TestServer, token: string) => s.get('/api/forward-auth', { authorization: `Bearer ${token}` })

/** What the revocation feed says. */
async function sidsOf(s: TestServer): Promise<string[]> {
  const [, payload = ''] = (await s.get('/api/revocations')).text.split('.')
  const { revocations } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as RevocationPage
  return revocations.map(({ sid }) => sid)
}

/** What the status list says of the session of an access token: 1 when it has ended. */
async function bitOf(s: TestServer, access: string): Promise<number> {
  const { idx, uri } = (claimsOf(access).status as { status_list: { idx: number; uri: string } }).status_list
  const { lst } = claimsOf((await s.get(new URL(uri).pathname)).text).status_list as { lst: string }
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  return ((bytes[idx >> 3] ?? 0) >> (idx & 7)) & 1
}
