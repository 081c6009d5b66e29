import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { databases } from '../databases.ts'
import { expectProblem, isGood, register, signIn } from '../scenario.ts'
import { type TestServer, tableOwners } from '../start-server.ts'
import { advance, expectStatus, seed, startTestMode } from './tester.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const KEPT = ['role', 'signing_key', 'status_index', 'revocation', 'event', 'person_key']

describe('a reset', () => {
  for (const { kind, name } of databases()) {
    it(`empties what people made and keeps keys and roles (${name})`, async (t) => {
      const s = await startTestMode(t, { kind, environment: { LIMITS: 'on', PASSWORDLESS: 'on' } })
      await fill(s)
      const { access, id } = await seed(s, { email: 'carol@example.com', tokens: true })
      const keys = (await s.get('/.well-known/jwks.json')).text
      const aheadBefore = await advance(s, 60)
      const filled = await filledTables(s)
      for (const table of ['user', 'session', 'mail', 'rate_bucket', 'event', 'totp', 'role'])
        assert.ok(filled.includes(table), table)

      assert.deepEqual(expectStatus(await s.post('/test/reset', {}), 200), { erased_users: 3 })
      assert.deepEqual(
        (await filledTables(s)).filter((table) => !KEPT.includes(table)),
        [],
      )
      assert.ok((await filledTables(s)).includes('role'))
      assert.equal((await s.get('/.well-known/jwks.json')).text, keys)
      assert.equal(await isGood(s, access ?? ''), false)
      assert.ok((await advance(s, 0)) >= aheadBefore)
      const again = await seed(s, { email: 'carol@example.com', tokens: true })
      assert.ok(again.id > id, 'an id is not given again')
      assert.equal(await isGood(s, again.access ?? ''), true)
    })
  }

  it('of many users takes them all', async (t) => {
    const s = await startTestMode(t, { environment: { HASH_QUEUE: '1000' } })
    await Promise.all(Array.from({ length: 105 }, (_, number) => seed(s, { email: `user${number}@example.com` })))
    assert.deepEqual(expectStatus(await s.post('/test/reset', {}), 200), { erased_users: 105 })
    assert.deepEqual(await s.db.selectFrom('user').select('id').execute(), [])
  })

  it('is refused to a body that a page elsewhere could send without asking', async (t) => {
    const s = await startTestMode(t)
    await register(s, { email: 'ann@example.com' })
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      const answer = await s.post('/test/reset', '{}', {
        'content-type': contentType,
        origin: 'https://evil.example.com',
      })
      expectProblem(answer, 415, 'unsupported-media-type')
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
    await signIn(s, 'ann@example.com')
  })
})

/** A row or more in most tables. */
async function fill(s: TestServer): Promise<void> {
  const admin = await seed(s, { email: 'ann@example.com', totp_secret: SECRET, roles: ['admin'], tokens: true })
  const headers = { authorization: `Bearer ${admin.access}` }
  const role = { method: 'PUT', path: '/api/admin/roles/tester', body: { permissions: ['tests:run'] }, headers }
  assert.ok((await s.ask(role)).status < 300)
  await register(s, { email: 'bea@example.com' })
  await s.post('/api/login', { email: 'ann@example.com', password: 'three red apples' }) // half a sign-in
  await s.post('/api/login', { email: 'bea@example.com', password: 'a wrong one' })
  await s.post('/api/login/code', { email: 'nobody@example.com' })
  await s.post('/api/login/passkey/options', {})
}

async function filledTables({ db }: TestServer): Promise<string[]> {
  const filled: string[] = []
  for (const table of Object.keys(tableOwners) as (keyof typeof tableOwners)[]) {
    const row = await db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll().as('rows'))
      .executeTakeFirstOrThrow()
    if (Number(row.rows) > 0) filled.push(table)
  }
  return filled
}
