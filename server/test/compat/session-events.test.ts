/** What is told of the end of sessions: in the transaction that ends them, once each, with who did it and from where. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, join, logOut, paths, refresh, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const DEVICE = { 'user-agent': 'a phone' }
const sidOf = (token: string) => claimsOf(token).sid

async function told(s: TestServer, ...tokens: string[]) {
  const types = ['session.ended', 'session.reuse-detected'] as const
  const [token = ''] = tokens
  const events = await s.service.events.listAbout(claimsOf(token).user_id, { most: 100, types })
  return events
    .filter(({ sessionId }) => tokens.map(sidOf).includes(sessionId ?? ''))
    .map(({ type, reason, userId, actor, sessionId, origin }) => ({ type, reason, userId, actor, sessionId, origin }))
    .sort((one, other) => one.type.localeCompare(other.type))
}

for (const { kind, name } of databases()) {
  test(`the end of a session is told, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const ann = await join(s, 'ann')
    const origin = { address: '127.0.0.1', userAgent: 'a phone' }
    const own = { userId: ann.id, actor: { kind: 'user', id: ann.id }, origin }

    await t.test('at logout, once', async () => {
      const { access, refresh: token } = await signIn(s, ann.email)
      for (const status of [200, 401])
        assert.equal((await s.post(paths.logout, { refresh: token }, DEVICE)).status, status)
      assert.deepEqual(await told(s, access), [
        { ...own, type: 'session.ended', reason: 'logout', sessionId: sidOf(access) },
      ])
    })

    await t.test('of a reuse too, and that it was one: nobody knows by whom', async () => {
      const first = await signIn(s, ann.email)
      await refresh(s, (await refresh(s, first.refresh)).refresh)
      for (let time = 1; time <= 2; time++) await s.post(paths.refresh, { refresh: first.refresh }, DEVICE)
      const anonymous = { ...own, actor: { kind: 'anonymous' }, sessionId: sidOf(first.access) }
      assert.deepEqual(await told(s, first.access), [
        { ...anonymous, type: 'session.ended', reason: 'refresh-token-reused' },
        { ...anonymous, type: 'session.reuse-detected', reason: null },
      ])
    })

    await t.test('when the person ends one, or all others', async () => {
      const [asks, one, other] = [await signIn(s, ann.email), await signIn(s, ann.email), await signIn(s, ann.email)]
      const headers = { authorization: `Bearer ${asks.access}`, ...DEVICE }
      await s.ask({ method: 'DELETE', path: `/api/account/sessions/${sidOf(one.access)}`, headers })
      await s.ask({ method: 'DELETE', path: '/api/account/sessions', headers })
      const ended = { ...own, type: 'session.ended' }
      assert.deepEqual(await told(s, one.access), [{ ...ended, reason: 'ended-by-user', sessionId: sidOf(one.access) }])
      assert.deepEqual(await told(s, other.access), [
        { ...ended, reason: 'others-ended-by-user', sessionId: sidOf(other.access) },
      ])
      assert.deepEqual(await told(s, asks.access), [])
    })

    await t.test('when a user is disabled, of each session', async () => {
      const bob = await join(s, 'bob')
      const phone = await signIn(s, bob.email)
      await s.service.lifecycle.disable(bob.id)
      const events = await told(s, bob.access, phone.access)
      assert.deepEqual(
        events.map(({ type, reason, userId }) => [type, reason, userId]),
        [1, 2].map(() => ['session.ended', 'user-disabled', bob.id]),
      )
    })

    await t.test('when an operator ends one, or all', async () => {
      const eve = await join(s, 'eve')
      const [one, other] = [await signIn(s, eve.email), await signIn(s, eve.email)]
      assert.equal(await s.service.lifecycle.endSession(eve.id, sidOf(one.access)), true)
      assert.equal(await s.service.lifecycle.endSessions(eve.id), 2)
      const reasonsOf = async (token: string) => (await told(s, token)).map(({ reason }) => reason)
      assert.deepEqual(await reasonsOf(one.access), ['ended-by-operator'])
      for (const { access } of [eve, other]) assert.deepEqual(await reasonsOf(access), ['all-ended-by-operator'])
    })

    await t.test('never with a token in it', async () => {
      const cid = await join(s, 'cid')
      await logOut(s, cid.refresh)
      const rows = JSON.stringify(await s.db.selectFrom('event').selectAll().execute())
      assert.ok(rows.includes(sidOf(cid.access)))
      assert.ok(!/eyJ[\w-]+\.eyJ/.test(rows) && !rows.includes(claimsOf(cid.refresh).jti))
    })

    await t.test('a failure to tell it is a failure to end it: the client hears of it', async () => {
      const { access, refresh: token } = await signIn(s, ann.email)
      await s.db.schema.alterTable('event').renameTo('event_away').execute()
      const answer = await s.post(paths.logout, { refresh: token })
      await s.db.schema.alterTable('event_away').renameTo('event').execute()
      assert.equal(answer.status, 500)
      assert.equal((await s.post(paths.verify, { token: access })).status, 200)
      await logOut(s, token)
    })
  })
}
