/** The signing keys in the hands of an operator, over HTTP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectProblem, headerOf, isGood, join, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'
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
