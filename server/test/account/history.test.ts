/** What people see of what happened to their account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, join, paths, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { bearer, get, NOWHERE, post, remove } from './factors.ts'

const PATH = '/api/account/history'
const AT_ONCE = 50

type Entry = Record<string, unknown> & { id: string; type: string; session_id: string | null; is_current: boolean }
type Page = { events: Entry[]; next: string | null }
type Who = { access: string }

const page = async (s: TestServer, who: Who, query = ''): Promise<Page> => {
  const answer = await get(s, `${PATH}${query}`, who)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Page
}
const typesOf = ({ events }: Page) => events.map(({ type }) => type)

/** So many events about a user, as refused sign-ins leave them. */
async function failMany(s: TestServer, userId: number, count: number): Promise<void> {
  const { events, database } = s.service
  const failure = { type: 'sign-in.failed', actor: { kind: 'anonymous' }, result: 'failure', origin: NOWHERE } as const
  await database.transaction(async (tx) => {
    for (let made = 0; made < count; made++) await events.append(tx, { ...failure, userId, reason: 'password' })
  })
}

describe('the history of an account', () => {
  for (const { kind, name } of databases()) {
    it(`tells of sign-ins, refused ones and ended sessions, the latest first, from where and in which session (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      await s.post(paths.login, { email: ann.email, password: 'not this one' }, { 'user-agent': 'a thief' })
      const phone = await signIn(s, ann.email)
      await remove(s, `/api/account/sessions/${claimsOf(phone.access).sid}`, ann)
      const shown = await page(s, ann)
      assert.deepEqual(typesOf(shown), [
        'session.ended',
        'sign-in.succeeded',
        'sign-in.failed',
        'sign-in.succeeded',
        'user.registered',
      ])
      assert.equal(shown.next, null)
      const [ended, , refused, first] = shown.events
      assert.deepEqual([ended?.reason, ended?.session_id], ['ended-by-user', claimsOf(phone.access).sid])
      assert.deepEqual(
        { ...refused, id: '' },
        {
          id: '',
          type: 'sign-in.failed',
          at: '2026-11-23T12:00:00.250Z',
          result: 'failure',
          reason: 'password',
          by: 'anonymous',
          address: '127.0.0.1',
          user_agent: 'a thief',
          session_id: null,
          is_current: false,
          details: {},
        },
      )
      assert.deepEqual([first?.is_current, first?.by, first?.details], [true, 'user', { amr: 'pwd' }])
    })

    it(`goes on where a page ended, each event once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      await failMany(s, ann.id, 47)
      const seen: string[] = []
      let before = ''
      for (let pages = 0; ; pages++) {
        const { events, next } = await page(s, ann, `?limit=10${before}`)
        seen.push(...events.map(({ id }) => id))
        if (next === null) break
        assert.equal(events.length, 10)
        assert.ok(pages < 10)
        before = `&before=${next}`
      }
      assert.deepEqual([seen.length, new Set(seen).size], [49, 49])
      assert.equal((await page(s, ann)).events.length, 20, 'unless a limit is given')
      assert.equal((await page(s, ann, '?limit=100')).events.length, 49)
    })

    it(`is nobody else's: neither by asking nor by where a list goes on (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const bob = await join(s, 'bob')
      const own = await page(s, bob)
      const [latest] = (await page(s, ann)).events
      for (const id of [latest?.id, 'f'.repeat(32), 'x', '%00', '1', ''])
        expectProblem(await get(s, `${PATH}?before=${id}`, bob), 404, 'not-found')
      assert.deepEqual(await page(s, bob), own)
      assert.ok(!JSON.stringify(own).includes(ann.email))
    })
  }

  it('says of an operator that it was one, and neither who nor from where', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const admin = await joinAs(s, 'operator', ['admin'])
    const agent = { ...bearer(admin), 'user-agent': 'the desk of an operator' }
    for (const change of ['disable', 'enable'])
      assert.equal((await s.post(`/api/admin/users/${ann.id}/${change}`, {}, agent)).status, 200)
    const back = await signIn(s, ann.email)
    const answer = await get(s, PATH, back)
    assert.ok(!answer.text.includes('desk of an operator'))
    const disabled = (answer.json as Page).events.find(({ type }) => type === 'user.disabled')
    assert.deepEqual([disabled?.by, disabled?.address, disabled?.user_agent], ['operator', null, null])
    assert.ok(!JSON.stringify(disabled).includes(`:${admin.id}`))
  })

  it('tells what changed in factors, address and password', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const change = { old_password: ann.password, password: 'four green pears' }
    assert.equal((await post(s, '/api/account/password', change, ann)).status, 204)
    assert.ok(typesOf(await page(s, ann)).includes('password.changed'))
  })

  it('does not tell of mails that failed, which is for operators', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const { events, database } = s.service
    const failed = { type: 'mail.failed', userId: ann.id, actor: { kind: 'system' }, reason: 'too-late' } as const
    await database.transaction((tx) => events.append(tx, failed))
    assert.ok(!typesOf(await page(s, ann)).includes('mail.failed'))
  })

  it('takes limits from 1 to 100', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    for (const limit of ['0', '101', '-1', '1.5', 'x', '', '5&limit=6'])
      expectProblem(await get(s, `${PATH}?limit=${limit}`, ann), 400, 'malformed-request')
  })

  it('needs an access token', async (t) => {
    const s = await startServer(t)
    expectProblem(await s.get(PATH), 401, 'token-missing')
  })

  it(`is the same for ${AT_ONCE} who ask at once`, async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const pages = await Promise.all(Array.from({ length: AT_ONCE }, () => page(s, ann)))
    assert.equal(new Set(pages.map((one) => JSON.stringify(one))).size, 1)
  })
})
