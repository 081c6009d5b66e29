/** Whoever may read the record of events: all of it, the latest first, with what is personal as long as its person is there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOWHERE } from '../account/factors.ts'
import { databases } from '../databases.ts'
import { expectProblem, join, paths } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { joinAs, type Operator } from './operators.ts'

const PATH = '/api/admin/events'
const SECRET_REASON = 'Lost the phone; known by a video call'

type Listed = Record<string, unknown> & { id: string; type: string; position: number; user_id: number | null }
type Page = { events: Listed[]; next: number | null }

async function pageOf(who: Operator, query = ''): Promise<Page> {
  const answer = await who.ask('GET', `${PATH}${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Page
}

/** So many events, as refused sign-ins leave them. */
async function failMany(s: TestServer, userId: number, count: number): Promise<void> {
  const { events, database } = s.service
  const failure = { type: 'sign-in.failed', actor: { kind: 'anonymous' }, result: 'failure', origin: NOWHERE } as const
  await database.transaction(async (tx) => {
    for (let made = 0; made < count; made++) await events.append(tx, { ...failure, userId, reason: 'password' })
  })
}

for (const { kind, name } of databases()) {
  test(`the record of events for whoever may read it, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const auditor = await joinAs(s, 'auditor', ['auditor'])
    const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
    await s.post(paths.login, { email: ann.email, password: 'not this one' }, { 'user-agent': 'a thief' })

    await t.test('says of everybody what happened, the latest first, by whom and from where', async () => {
      const { events, next } = await pageOf(auditor)
      assert.equal(next, null)
      assert.deepEqual(
        events.map(({ position }) => position),
        events.map(({ position }) => position).sort((a, b) => b - a),
      )
      for (const { id } of [auditor, ann, bob]) assert.ok(events.some(({ user_id }) => user_id === id))
      const { id: _id, position: _position, ...latest } = events[0] as Listed
      assert.deepEqual(latest, {
        type: 'sign-in.failed',
        at: '2026-11-23T12:00:00.250Z',
        user_id: ann.id,
        actor: { kind: 'anonymous', id: null },
        session_id: null,
        client_id: null,
        result: 'failure',
        reason: 'password',
        address: '127.0.0.1',
        user_agent: 'a thief',
        details: {},
        personal: null,
      })
    })

    await t.test('of one user, of one type, of both, and of nobody', async () => {
      const typesOf = ({ events }: Page) => events.map(({ type }) => type)
      assert.deepEqual(typesOf(await pageOf(auditor, `?user=${ann.id}`)), [
        'sign-in.failed',
        'sign-in.succeeded',
        'user.registered',
      ])
      const registered = await pageOf(auditor, '?type=user.registered')
      assert.deepEqual(
        registered.events.map(({ user_id }) => user_id),
        [bob.id, ann.id, auditor.id],
      )
      const both = await pageOf(auditor, `?type=user.registered&user=${bob.id}`)
      assert.deepEqual(
        both.events.map(({ user_id, type }) => [user_id, type]),
        [[bob.id, 'user.registered']],
      )
      assert.deepEqual(await pageOf(auditor, '?user=424242'), { events: [], next: null })
    })

    await t.test('refuses a filter that it cannot read, so that nobody takes everything for the answer', async () => {
      for (const query of [
        'user=ann',
        'user=',
        'user=-1',
        'user=1&user=2',
        'type=no.such',
        'type=',
        'type=constructor',
      ])
        expectProblem(await auditor.ask('GET', `${PATH}?${query}`), 400, 'malformed-request')
    })

    await t.test('goes on where a page ended, each event once', async () => {
      await failMany(s, bob.id, 230)
      const seen: string[] = []
      let query = `?user=${bob.id}`
      for (let pages = 1; ; pages++) {
        const { events, next } = await pageOf(auditor, query)
        seen.push(...events.map(({ id }) => id))
        if (next === null) break
        assert.ok(events.length === 100 && pages < 4)
        query = `?user=${bob.id}&before=${next}`
      }
      assert.deepEqual([seen.length, new Set(seen).size], [232, 232])
    })

    await t.test('opens what is personal until the person is erased', async () => {
      const { lifecycle, events, database } = s.service
      const told = { type: 'factors.reset', userId: ann.id, actor: { kind: 'system' } } as const
      await database.transaction((tx) => events.append(tx, { ...told, personal: { reason: SECRET_REASON } }))
      const before = await pageOf(auditor, `?user=${ann.id}&type=factors.reset`)
      assert.deepEqual(before.events[0]?.personal, { reason: SECRET_REASON })
      await lifecycle.erase(ann.id)
      const after = await auditor.ask('GET', `${PATH}?user=${ann.id}`)
      assert.ok(after.text.includes('user.erased') && after.text.includes('factors.reset'))
      for (const gone of [SECRET_REASON, 'a thief', '127.0.0.1', ann.email]) assert.ok(!after.text.includes(gone), gone)
    })

    await t.test('and is closed to support, and to whom it is about', async () => {
      const support = await joinAs(s, 'support', ['support'])
      for (const path of [PATH, `${PATH}?user=${support.id}`])
        expectProblem(await support.ask('GET', path), 403, 'not-permitted')
    })
  })
}
