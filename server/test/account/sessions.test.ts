import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, join, paths, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const PATH = '/api/account/sessions'

type Listed = { id: string; user_agent: string | null; is_current: boolean; last_used_at: string }

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const list = async (s: TestServer, token: string) =>
  ((await s.get(PATH, bearer(token))).json as { sessions: Listed[] }).sessions
const remove = (s: TestServer, token: string, path = '') =>
  s.ask({ method: 'DELETE', path: `${PATH}${path}`, headers: bearer(token) })
const verify = async (s: TestServer, token: string) => (await s.post(paths.verify, { token })).status
const sidOf = (token: string) => claimsOf(token).sid

describe('the sessions of the signed-in person', () => {
  for (const { kind, name } of databases()) {
    it(`are listed, the one used last first, without a token or anybody else's (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const bob = await join(s, 'bob')
      await s.clock.advance(60)
      const phone = await signIn(s, ann.email)
      const listed = await list(s, ann.access)
      assert.deepEqual(
        listed.map(({ id, is_current }) => [id, is_current]),
        [
          [sidOf(phone.access), false],
          [sidOf(ann.access), true],
        ],
      )
      const answer = await s.get(PATH, bearer(ann.access))
      assert.ok(!answer.text.includes(sidOf(bob.access)))
      assert.ok(!/token|successor|eyJ/.test(answer.text), answer.text)
      assert.match(listed[0]?.last_used_at ?? '', /^2026-11-23T12:01:00\.250Z$/)
    })

    it(`CVE-2025-29928: one can be ended: its tokens are refused at once, the others stay (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const phone = await signIn(s, ann.email)
      assert.equal((await remove(s, ann.access, `/${sidOf(phone.access)}`)).status, 204)
      assert.equal(await verify(s, phone.access), 401)
      assert.equal((await s.post(paths.refresh, { refresh: phone.refresh })).status, 401)
      assert.equal(await verify(s, ann.access), 200)
      assert.equal((await remove(s, ann.access, `/${sidOf(phone.access)}`)).status, 404, 'a second time')
      const row = await s.db.selectFrom('session').select('end_reason').where('id', '=', sidOf(phone.access)).execute()
      assert.equal(row[0]?.end_reason, 'ended-by-user')
    })

    it(`all others can be ended, and only the one that asks stays (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const bob = await join(s, 'bob')
      const others = [await signIn(s, ann.email), await signIn(s, ann.email)]
      const answer = await remove(s, ann.access)
      assert.deepEqual([answer.status, answer.json], [200, { ended: 2 }])
      for (const { access } of others) assert.equal(await verify(s, access), 401)
      assert.equal(await verify(s, ann.access), 200)
      assert.equal(await verify(s, bob.access), 200, 'nobody else is touched')
      assert.deepEqual((await remove(s, ann.access)).json, { ended: 0 })
    })

    it(`an id that is none is not found (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      for (const id of [
        'x',
        '%00',
        '%F0%9F%98%80',
        '..%2f',
        'x'.repeat(90),
        sidOf(ann.access).toUpperCase().replace(/\d/g, 'A'),
      ])
        assert.equal((await remove(s, ann.access, `/${id}`)).status, 404, id)
      assert.equal(await verify(s, ann.access), 200)
    })
  }

  it("GHSA-4vcf-q4xf-f48m, CVE-2025-53895: somebody else's session is not found, and lives on", async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const bob = await join(s, 'bob')
    const answer = await remove(s, bob.access, `/${sidOf(ann.access)}`)
    assert.equal(answer.status, 404)
    assert.equal((answer.json as { code: string }).code, 'not-found')
    assert.equal(await verify(s, ann.access), 200)
  })

  it('can be ended from within: the session that asks may end itself', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    assert.equal((await remove(s, ann.access, `/${sidOf(ann.access)}`)).status, 204)
    assert.equal((await s.get(PATH, bearer(ann.access))).status, 401)
  })

  it('ending all others also ends what the old service gave out', async (t) => {
    const s = await startServer(t, { environment: { JWT_SECRET_KEY: OLD_KEY } })
    const ann = await join(s, 'ann')
    const old = signOld(oldClaims(s, ann.id, 'access'))
    assert.equal(await verify(s, old), 200)
    await remove(s, ann.access)
    assert.equal(await verify(s, old), 401)
    assert.equal(await verify(s, ann.access), 200)
  })

  it('expired ones are not listed', async (t) => {
    const s = await startServer(t, { environment: { REFRESH_TOKEN_SECONDS: '3600' } })
    const { email } = await join(s, 'ann')
    await s.clock.advance(3600)
    const later = await signIn(s, email)
    assert.equal((await list(s, later.access)).length, 1)
  })

  const wrong: [why: string, headers: Record<string, string>, challenge: string][] = [
    ['no token', {}, 'Bearer realm="api"'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'Bearer realm="api"'],
    ['a token that is none', { authorization: 'Bearer nonsense' }, 'Bearer realm="api", error="invalid_token"'],
  ]
  for (const [why, headers, challenge] of wrong) {
    it(`need an access token: ${why} is answered with a challenge (RFC 6750 §3)`, async (t) => {
      const s = await startServer(t)
      for (const method of ['GET', 'DELETE']) {
        const answer = await s.ask({ method, path: PATH, headers })
        assert.equal(answer.status, 401)
        assert.equal(answer.headers['www-authenticate'], challenge)
        assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
      }
    })
  }

  it('CVE-2023-48309: a refresh token is no access token', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    assert.equal((await s.get(PATH, bearer(ann.refresh))).status, 401)
  })
})
