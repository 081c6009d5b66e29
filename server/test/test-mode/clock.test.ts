import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { databases } from '../databases.ts'
import { expectProblem, isGood, PASSWORD, refresh, register, signIn } from '../scenario.ts'
import { advance, expectStatus, mails, startTestMode } from './tester.ts'

describe('the clock of test mode', () => {
  it('is read and moved forward, never back', async (t) => {
    const s = await startTestMode(t)
    const before = expectStatus(await s.get('/test/clock'), 200) as { now: string; ahead_seconds: number }
    assert.equal(before.ahead_seconds, 0)
    const after = expectStatus(await s.post('/test/clock', { advance_seconds: 90 }), 200)
    const now = new Date(Date.parse(before.now) + 90_000).toISOString()
    assert.deepEqual(after, { now, ahead_seconds: 90 })
    for (const wrong of [-1, 0.5, '60', null, 1e12])
      expectProblem(await s.post('/test/clock', { advance_seconds: wrong }), 400, 'malformed-request')
    assert.deepEqual(expectStatus(await s.get('/test/clock'), 200), after)
  })

  it('goes on by itself', async (t) => {
    const s = await startTestMode(t, { clock: 'running' })
    const first = await advance(s, 3600)
    assert.ok(first >= Date.now() + 3_599_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.ok((await advance(s, 0)) > first)
  })

  for (const { kind, name } of databases()) {
    it(`ends access tokens, then sessions (${name})`, async (t) => {
      const s = await startTestMode(t, { kind, environment: { ACCESS_TOKEN_SECONDS: '600' } })
      await register(s, { email: 'ann@example.com' })
      const first = await signIn(s, 'ann@example.com')
      await advance(s, 599)
      assert.deepEqual([await isGood(s, first.access), await isGood(s, first.refresh)], [true, true])
      await advance(s, 1)
      assert.deepEqual([await isGood(s, first.access), await isGood(s, first.refresh)], [false, true])
      const second = await refresh(s, first.refresh)
      assert.equal(await isGood(s, second.access), true)
      await advance(s, 86_400) // SESSION_IDLE_SECONDS
      assert.deepEqual([await isGood(s, second.access), await isGood(s, second.refresh)], [false, false])
    })
  }

  it('ends codes of mails', async (t) => {
    const s = await startTestMode(t)
    await register(s, { email: 'ann@example.com' })
    const [mail] = await mails(s, '?message=verify-address')
    await advance(s, 600)
    const answer = await s.post('/api/email/verify', { token: mail?.token })
    expectProblem(answer, 422, 'mail-code-refused')
    assert.equal((answer.json as { reason: string }).reason, 'expired')
  })

  it('ends waits', async (t) => {
    const s = await startTestMode(t, { environment: { LIMITS: 'on' } })
    await register(s, { email: 'ann@example.com' })
    const logIn = (password: string) => s.post('/api/login', { email: 'ann@example.com', password })
    let answer = await logIn('a wrong one')
    for (let guess = 0; guess < 100 && answer.status !== 429; guess++) answer = await logIn('a wrong one')
    assert.equal(answer.status, 429)
    assert.equal((await logIn(PASSWORD)).status, 429)
    await advance(s, 86_400)
    assert.equal((await logIn(PASSWORD)).status, 200)
  })

  it('rotates signing keys, and purges what is old', async (t) => {
    const s = await startTestMode(t)
    await register(s, { email: 'ann@example.com' })
    await signIn(s, 'ann@example.com')
    const keys = async () => ((await s.get('/.well-known/jwks.json')).json as { keys: { kid: string }[] }).keys
    const [old] = await keys()
    for (let day = 0; day < 40; day++) await advance(s, 86_400)
    assert.ok(!(await keys()).some(({ kid }) => kid === old?.kid), 'the first key is retired')
    assert.deepEqual(await mails(s), [])
    assert.deepEqual(await s.db.selectFrom('session').select('id').execute(), [])
    assert.equal(await isGood(s, (await signIn(s, 'ann@example.com')).access), true)
  })

  it('is told to the feed of revocations: it is never taken for stale', async (t) => {
    const s = await startTestMode(t)
    await register(s, { email: 'ann@example.com' })
    const { access } = await signIn(s, 'ann@example.com')
    await advance(s, 600) // REVOCATION_STALE_SECONDS is 30
    assert.equal(await isGood(s, access), true)
    assert.equal((await s.get('/api/revocations')).status, 200)
  })
})
