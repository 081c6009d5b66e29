/** What operators do to users over HTTP: find, make, disable, enable, erase, end sessions; and what of it is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, expectWrongCredentials, isGood, join, paths, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import { eventsAbout, joinAs } from './operators.ts'

type Users = { users: { id: number; email: string; is_active: boolean }[]; next: number | null }

for (const { kind, name } of databases()) {
  test(`users and their operator, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const admin = await joinAs(s, 'admin', ['admin'])
    const ann = await join(s, 'ann')
    const path = (rest = '') => `/api/admin/users/${ann.id}${rest}`

    await t.test('are found by what their address begins with', async () => {
      for (const email of ['An', 'ANN@EX', 'ann@example.com']) {
        const { users } = (await admin.ask('GET', `/api/admin/users?email=${encodeURIComponent(email)}`)).json as Users
        assert.deepEqual(
          users.map(({ id }) => id),
          [ann.id],
          email,
        )
      }
      for (const email of ['%', '_nn', 'nn@', "'", '!']) {
        const { users } = (await admin.ask('GET', `/api/admin/users?email=${encodeURIComponent(email)}`)).json as Users
        assert.deepEqual(users, [], email)
      }
      const { users } = (await admin.ask('GET', `/api/admin/users?after=${admin.id}`)).json as Users
      assert.ok(users.every(({ id }) => id > admin.id))
    })

    await t.test('are shown without anything secret', async () => {
      const answer = await admin.ask('GET', path())
      assert.equal(answer.status, 200)
      assert.deepEqual(Object.keys(answer.json as object).sort(), [
        'created_at',
        'deletion_at',
        'email',
        'first_name',
        'id',
        'is_active',
        'last_login_at',
        'last_name',
        'roles',
      ])
      assert.ok(!/argon2|hash|token/.test(answer.text))
      for (const id of ['0', '-1', '424242', 'ann', '1e3', '%00']) {
        expectProblem(await admin.ask('GET', `/api/admin/users/${id}`), 404, 'user-unknown')
      }
    })

    await t.test('are made, and fields that are none of the body change nothing', async () => {
      const body = {
        email: 'new@example.com',
        password: 'a long enough one',
        roles: ['admin'],
        is_active: false,
        id: 1,
      }
      const made = await admin.ask('POST', '/api/admin/users', body)
      assert.equal(made.status, 201, made.text)
      const { id, roles, is_active } = made.json as { id: number; roles: string[]; is_active: boolean }
      assert.deepEqual([id === 1, roles, is_active], [false, [], true])
      await signIn(s, 'new@example.com', 'a long enough one')
      expectProblem(await admin.ask('POST', '/api/admin/users', body), 409, 'identifier-taken')
      const weak = { email: 'weak@example.com', password: 'password' }
      expectProblem(await admin.ask('POST', '/api/admin/users', weak), 422, 'password-refused')
      expectProblem(
        await admin.ask('POST', '/api/admin/users', { ...weak, email: 'a,b@c.de' }),
        400,
        'malformed-request',
      )
    })

    await t.test('are disabled and enabled, which is told with the operator’s id', async () => {
      const disabled = await admin.ask('POST', path('/disable'))
      assert.equal((disabled.json as { is_active: boolean }).is_active, false)
      assert.equal(await isGood(s, ann.access), false)
      expectWrongCredentials(await s.post(paths.login, { email: ann.email, password: ann.password }))
      assert.equal((await admin.ask('POST', path('/enable'))).status, 200)
      await signIn(s, ann.email)
      const [told] = await s.service.events.listAbout(ann.id, { most: 1, types: ['user.disabled'] })
      assert.deepEqual(
        { actor: told?.actor, address: told?.origin?.address },
        { actor: { kind: 'operator', id: admin.id }, address: '127.0.0.1' },
      )
    })

    await t.test('have their sessions ended, one or all', async () => {
      const [one, two] = [await signIn(s, ann.email), await signIn(s, ann.email)]
      const { sid } = claimsOf(one.access)
      const foreign = await admin.ask('DELETE', `/api/admin/users/${admin.id}/sessions/${sid}`)
      expectProblem(foreign, 404, 'not-found')
      assert.equal((await admin.ask('DELETE', path(`/sessions/${sid}`))).status, 204)
      assert.deepEqual([await isGood(s, one.access), await isGood(s, two.access)], [false, true])
      const all = (await admin.ask('DELETE', path('/sessions'))).json as { ended: number }
      assert.ok(all.ended >= 1)
      assert.equal(await isGood(s, two.access), false)
      const listed = (await admin.ask('GET', path('/sessions'))).json as { sessions: unknown[] }
      assert.deepEqual(listed.sessions, [])
    })

    await t.test(
      'are signed out with an event also where no session was open, as old tokens and half sign-ins end',
      async () => {
        assert.deepEqual((await admin.ask('DELETE', path('/sessions'))).json, { ended: 0 })
        const told = await s.service.events.listAbout(ann.id, { most: 2, types: ['user.signed-out'] })
        const [none, some] = told.map(({ data }) => Number(data.sessions))
        assert.ok(none === 0 && Number(some) >= 1, JSON.stringify(told))
        assert.deepEqual(told[0]?.actor, { kind: 'operator', id: admin.id })
        const bob = await join(s, 'bob')
        await admin.ask('POST', `/api/admin/users/${bob.id}/disable`)
        await admin.ask('DELETE', `/api/admin/users/${bob.id}/sessions`)
        const gone = await eventsAbout(s, bob.id)
        assert.ok(gone.includes('user.disabled') && !gone.includes('user.signed-out'), 'nothing was left to end')
      },
    )

    await t.test('are erased once', async () => {
      assert.equal((await admin.ask('DELETE', path())).status, 204)
      expectProblem(await admin.ask('DELETE', path()), 404, 'user-unknown')
      expectProblem(await admin.ask('POST', path('/enable')), 404, 'user-unknown')
      assert.ok((await eventsAbout(s, ann.id)).includes('user.erased'))
    })
  })
}
