/** Deletions of accounts that meet each other, what takes them back, and the job that erases: one wins, and nothing is half done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bearer, remove } from '../account/factors.ts'
import { latest } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { join, type Person, paths, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const AT_ONCE = 50
const ROUNDS = 8
const DELAY = 7 * 86_400

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

for (const { kind, name } of databases()) {
  test(`deletions of accounts at the same moment, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const other = await startServer(t, { kind, url: s.url, clock: s.clock })
    const servers = [s, other]
    const of = (index: number) => servers[index % 2] as TestServer
    const eventsOf = async ({ id }: Person, type: string) =>
      (await s.db.selectFrom('event').select('id').where('user_id', '=', id).where('type', '=', type).execute()).length
    const waits = async ({ id }: Person) => (await s.service.lifecycle.findDeletion(id)) !== undefined
    const exists = async ({ id }: Person) =>
      (await s.db.selectFrom('user').select('id').where('id', '=', id).execute()).length === 1
    const leave = async (who: string) => {
      const person = await join(s, who)
      assert.equal((await remove(s, '/api/account', person)).status, 202)
      return person
    }

    await t.test(`asked for ${AT_ONCE} times, there is one, told once`, async () => {
      const ann = await join(s, 'ann')
      const answers = await times(AT_ONCE, (index) => remove(of(index), '/api/account', ann))
      for (const { status, text } of answers) assert.ok([202, 401].includes(status), text)
      const told = answers.filter(({ status }) => status === 202).map(({ json }) => (json as { at: string }).at)
      assert.ok(told.length >= 1 && new Set(told).size === 1)
      assert.equal(await eventsOf(ann, 'deletion.requested'), 1)
      const mails = (await s.mailbox()).filter((mail) => mail.to === ann.email && mail.message === 'deletion-requested')
      assert.equal(mails.length, 1)
    })

    await t.test(`of ${AT_ONCE} who take it back, by link, by code and signed in, one does`, async () => {
      const ann = await leave('bea')
      const { code, token } = await latest(s, ann.email, 'deletion-requested')
      const back = await signIn(s, ann.email)
      const ways = [
        (at: TestServer) => at.post('/api/deletion/undo', { token }),
        (at: TestServer) => at.post('/api/account/deletion/undo', {}, bearer(back)),
        (at: TestServer) => at.post('/api/deletion/undo', { email: ann.email, code }),
      ]
      const answers = await times(AT_ONCE, (index) => (ways[index % 3] as (typeof ways)[0])(of(index)))
      for (const { status, text } of answers) assert.ok([204, 404, 422].includes(status), text)
      assert.equal(answers.filter(({ status }) => status === 204).length, 1)
      assert.equal(await eventsOf(ann, 'deletion.undone'), 1)
      assert.deepEqual([await waits(ann), await exists(ann)], [false, true])
    })

    await t.test('processes that erase what is due erase each account once', async () => {
      const people: Person[] = []
      for (let round = 0; round < ROUNDS; round++) people.push(await leave(`due${round}`))
      await s.clock.advance(DELAY)
      const erased = await times(6, (index) => of(index).service.lifecycle.eraseDue())
      assert.ok(erased.reduce((sum, count) => sum + count, 0) >= ROUNDS)
      for (const person of people) {
        assert.deepEqual([await exists(person), await waits(person)], [false, false])
        assert.equal(await eventsOf(person, 'user.erased'), 1)
      }
    })

    await t.test('taken back or due: it is the one or the other, as a whole', async () => {
      const outcomes = new Set<string>()
      for (let round = 0; round < ROUNDS; round++) {
        const ann = await join(s, `both${round}`)
        assert.equal((await remove(s, '/api/account', ann)).status, 202)
        await s.clock.advance(DELAY)
        const back = await signIn(s, ann.email)
        const undo = s.post('/api/account/deletion/undo', {}, bearer(back))
        if (round % 2 === 0) await wait(round * 4) // so that each of them is first at times
        await Promise.all([undo, other.service.lifecycle.eraseDue()])
        const isKept = await exists(ann)
        outcomes.add(String(isKept))
        assert.equal(await waits(ann), false)
        assert.equal(await eventsOf(ann, 'deletion.undone'), isKept ? 1 : 0)
        assert.equal(await eventsOf(ann, 'user.erased'), isKept ? 0 : 1)
        const passwords = await s.db.selectFrom('password').select('user_id').where('user_id', '=', ann.id).execute()
        assert.equal(passwords.length, isKept ? 1 : 0)
        const login = await s.post(paths.login, { email: ann.email, password: ann.password })
        assert.equal(login.status, isKept ? 200 : 401)
      }
      t.diagnostic(`kept: ${[...outcomes].join(' and ')}`)
    })

    await t.test('logins beside the request leave no session that it did not see', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const ann = await join(s, `in${round}`)
        const login = () => other.post(paths.login, { email: ann.email, password: ann.password })
        const [answer, ...logins] = await Promise.all([remove(s, '/api/account', ann), login(), login()])
        assert.equal(answer.status, 202)
        for (const { status, text } of logins) assert.equal(status, 200, text)
        const open = await s.db
          .selectFrom('session')
          .select(['id', 'opened_at', 'end_reason'])
          .where('user_id', '=', ann.id)
          .execute()
        assert.equal(open.length, 3)
        assert.ok(open.some(({ end_reason }) => end_reason === 'deletion-requested'))
        assert.equal(await waits(ann), true)
      }
    })
  })
}
