/** What a route demands of the session that calls (RFC 9470), asked of a route with a demand, in the service as it is built. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { AuthMethod } from '../../../contract/claims.ts'
import { createClient } from '../../test/client.ts'
import { databases } from '../../test/databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../../test/old-token.ts'
import { claimsOf, expectProblem, join, logOut, refresh } from '../../test/scenario.ts'
import { startServer } from '../../test/start-server.ts'
import { createRequireUser, createStepUp } from './caller.ts'

const challengeOf = (facts: string) => `Bearer realm="api", error="insufficient_user_authentication", ${facts}`

async function open(t: TestContext, kind: 'sqlite' | 'mysql' | 'postgres' = 'sqlite') {
  const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
  const { sessions, database } = s.service
  const requireUser = createRequireUser({ sessions })
  const { requireRecent, requireAcr } = createStepUp({ sessions })
  const app = await s.service.createApp()
  const demands = { recent: requireRecent(300), strong: requireAcr(['aal2']), both: requireAcr(['aal2', 'aal1'], 60) }
  for (const [name, demand] of Object.entries(demands)) {
    app.fastify.get(`/${name}`, { config: { limit: 'signed-in' } }, async (request) => {
      await demand(await requireUser(request))
      return {}
    })
  }
  const probe = createClient(await app.listen())
  t.after(async () => {
    probe.close()
    await app.fastify.close()
  })
  return {
    s,
    ask: (name: keyof typeof demands, token: string) => probe.get(`/${name}`, { authorization: `Bearer ${token}` }),
    prove: (token: string, ...amr: AuthMethod[]) =>
      database.transaction((tx) => sessions.raise(tx, claimsOf(token).sid, { amr, authenticatedAt: s.clock.now() })),
  }
}

for (const { kind, name } of databases()) {
  test(`a sensitive route on ${name}`, async (t) => {
    const { s, ask, prove } = await open(t, kind)
    const ann = await join(s, 'ann')

    await t.test('takes a session that was proven a moment ago', async () => {
      assert.equal((await ask('recent', ann.access)).status, 200)
    })

    await t.test('asks for a step-up later, also with a new token: refreshing proves nothing', async () => {
      await s.clock.advance(301)
      const { access } = await refresh(s, ann.refresh)
      assert.equal(claimsOf(access).auth_time, claimsOf(ann.access).auth_time)
      for (const token of [ann.access, access]) {
        const answer = await ask('recent', token)
        expectProblem(answer, 401, 'step-up-required')
        assert.equal(answer.headers['www-authenticate'], challengeOf('max_age="300"'))
        assert.equal((answer.json as { maxAgeSeconds: number }).maxAgeSeconds, 300)
      }
    })

    await t.test('takes the very same token after a step-up', async () => {
      assert.deepEqual(await prove(ann.access, 'pwd'), { amr: ['pwd'], acr: 'aal1', authenticatedAt: s.clock.now() })
      assert.equal((await ask('recent', ann.access)).status, 200)
    })

    await t.test('asks for a stronger proof, and takes the session once it was given', async () => {
      const answer = await ask('strong', ann.access)
      expectProblem(answer, 401, 'step-up-required')
      assert.equal(answer.headers['www-authenticate'], challengeOf('acr_values="aal2"'))
      await prove(ann.access, 'otp')
      assert.equal((await ask('strong', ann.access)).status, 200)
    })

    await t.test('names all that it asks for', async () => {
      await s.clock.advance(61)
      const answer = await ask('both', ann.access)
      assert.equal(answer.headers['www-authenticate'], challengeOf('acr_values="aal2 aal1", max_age="60"'))
    })

    await t.test('GHSA-hp74-gm6m-2qm5: a weaker proof than that of the session does not make it fresh', async () => {
      await s.clock.advance(301)
      for (const method of ['pwd', 'email'] as const) {
        assert.equal((await prove(ann.access, method))?.authenticatedAt, s.clock.now() - 362_000)
        assert.equal((await ask('recent', ann.access)).status, 401)
      }
      await prove(ann.access, 'pwd', 'otp')
      assert.equal((await ask('recent', ann.access)).status, 200)
    })

    await t.test('the next tokens carry the step-up; the old ones say what they said', async () => {
      const { refresh: token } = await join(s, 'bob')
      const first = await refresh(s, token)
      await s.clock.advance(60)
      await prove(first.access, 'swk', 'user', 'mfa')
      const second = await refresh(s, first.refresh)
      const { amr, acr, auth_time } = claimsOf(second.access)
      assert.deepEqual(
        { amr, acr, auth_time },
        { amr: ['pwd', 'swk', 'user', 'mfa'], acr: 'aal2', auth_time: s.clock.seconds() },
      )
      assert.equal(claimsOf(first.access).acr, 'aal1')
      assert.equal((await ask('strong', first.access)).status, 200)
    })

    await t.test('a session that has ended is not proven any more, nor raised', async () => {
      const { access, refresh: token } = await join(s, 'cid')
      await logOut(s, token)
      assert.equal(await prove(access, 'pwd', 'otp'), undefined)
      assert.equal(await s.service.sessions.isProven(claimsOf(access).sid, {}), false)
    })

    await t.test('of two step-ups at once none is lost', async () => {
      const { access } = await join(s, 'dora')
      await Promise.all([prove(access, 'hwk', 'mfa'), prove(access, 'swk', 'mfa')])
      const { amr = [] } = (await prove(access, 'pwd', 'otp')) ?? {}
      assert.deepEqual(amr.toSorted(), ['hwk', 'mfa', 'otp', 'pwd', 'swk'])
    })
  })
}

test('a token of the old service names no session: a step-up is a new sign-in', async (t) => {
  const { s, ask } = await open(t)
  const ann = await join(s, 'ann')
  expectProblem(await ask('recent', signOld(oldClaims(s, ann.id, 'access'))), 401, 'step-up-required')
  const { access } = await refresh(s, signOld(oldClaims(s, ann.id, 'refresh')))
  expectProblem(await ask('recent', access), 401, 'step-up-required')
  const { amr, acr, auth_time } = claimsOf(access)
  assert.deepEqual({ amr, acr, auth_time }, { amr: undefined, acr: undefined, auth_time: undefined })
})
