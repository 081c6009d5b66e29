/** An operator resets the factors of somebody who lost them: what goes, who is told, who may, and that nobody is locked out. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { enrolApp, enrolPasskey, factorEvents, NOWHERE, ORIGIN, post, startPasskey } from '../account/factors.ts'
import { canLogIn, expectNothing, latest, mailsTo, NEW_PASSWORD, notice } from '../account-by-mail/mail.ts'
import { createAuthenticator } from '../authenticator.ts'
import { runCommand } from '../command-line.ts'
import { databases } from '../databases.ts'
import { expectProblem, isGood, join, paths, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { eventsAbout, joinAs, type Operator } from './operators.ts'

const SECRET_KEY = 'a secret key that only tests have'
const REASON = 'Lost the phone; known by a video call'
const everything = { reason: REASON }

type Reset = { removed: string[]; sessions_ended: number; is_recovery_mailed: boolean }

const reset = (who: Operator, userId: number, body: unknown = everything) =>
  who.ask('POST', `/api/admin/users/${userId}/reset-factors`, body)

async function resetOf(who: Operator, userId: number, body?: unknown): Promise<Reset> {
  const answer = await reset(who, userId, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Reset
}

/** Somebody with an app, recovery codes and a passkey, signed in twice. */
async function joinWithAll(s: TestServer, name: string) {
  const person = await enrolPasskey(s, await enrolApp(s, await join(s, name)))
  return person
}

for (const { kind, name } of databases()) {
  test(`an operator resets factors, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const operator = await joinAs(s, 'operator', ['operator'])

    await t.test('all of them: sessions end, the owner is told, and the password alone signs in again', async () => {
      const ann = await joinWithAll(s, 'ann')
      assert.equal((await s.post(paths.login, ann)).status, 401) // a second factor is asked for
      const done = await resetOf(operator, ann.id)
      assert.deepEqual(done, {
        removed: ['totp', 'recovery_code', 'passkey'],
        sessions_ended: 1,
        is_recovery_mailed: false,
      })
      assert.equal(await isGood(s, ann.access), false)
      await signIn(s, ann.email)
      const { text } = await notice(s, ann.email, 'factors-reset')
      assert.match(text, /An authenticator app · Recovery codes · A passkey/)
      assert.ok(!text.includes(REASON) && !text.includes('127.0.0.1'))
      assert.equal((await mailsTo(s, ann.email)).filter(({ message }) => message === 'recover-password').length, 0)
      const rows = ['totp', 'recovery_code_set', 'passkey'] as const
      for (const table of rows) {
        const left = await s.db.selectFrom(table).select('user_id').where('user_id', '=', ann.id).execute()
        assert.deepEqual(left, [], table)
      }
    })

    await t.test(
      'which the record tells with actor, subject and reason, the reason only until they are erased',
      async () => {
        const bob = await joinWithAll(s, 'bob')
        await resetOf(operator, bob.id)
        const [told] = await s.service.events.listAbout(bob.id, { most: 1, types: ['factors.reset'] })
        assert.deepEqual(
          { actor: told?.actor, data: told?.data, personal: told?.personal },
          {
            actor: { kind: 'operator', id: operator.id },
            data: { factors: 'totp recovery_code passkey', recovery_mailed: false },
            personal: { reason: REASON },
          },
        )
        const removed = await s.service.events.listAbout(bob.id, { most: 9, types: ['factor.removed'] })
        assert.deepEqual(removed.map(({ data, actor }) => `${data.factor} by ${actor.kind}`).sort(), [
          'passkey by operator',
          'totp by operator',
        ])
        const [ended] = await s.service.events.listAbout(bob.id, { most: 1, types: ['session.ended'] })
        assert.equal(ended?.reason, 'factors-reset')
        const kept = JSON.stringify(await s.db.selectFrom('event').selectAll().execute())
        assert.ok(!kept.includes(REASON))
        await s.service.lifecycle.erase(bob.id)
        const [dark] = await s.service.events.listAbout(bob.id, { most: 1, types: ['factors.reset'] })
        assert.equal(dark?.personal, null)
      },
    )

    await t.test('or those that are named; recovery codes go with the last second factor', async () => {
      const cid = await joinWithAll(s, 'cid')
      assert.deepEqual((await resetOf(operator, cid.id, { reason: REASON, factors: ['totp'] })).removed, ['totp'])
      assert.equal((await s.post(paths.login, cid)).status, 401) // the passkey is asked for
      const codes = await s.db.selectFrom('recovery_code_set').select('id').where('user_id', '=', cid.id).execute()
      assert.equal(codes.length, 1)
      const last = await resetOf(operator, cid.id, { reason: REASON, factors: ['passkey'] })
      assert.deepEqual(last.removed, ['recovery_code', 'passkey'])
      await signIn(s, cid.email)
    })

    await t.test('and who has none of them keeps their sessions, and is told nothing', async () => {
      const dan = await join(s, 'dan')
      const before = (await eventsAbout(s, dan.id)).length
      assert.deepEqual(await resetOf(operator, dan.id), {
        removed: [],
        sessions_ended: 0,
        is_recovery_mailed: false,
      })
      assert.ok(await isGood(s, dan.access))
      assert.equal((await eventsAbout(s, dan.id)).length, before)
      assert.equal((await mailsTo(s, dan.email)).filter(({ message }) => message === 'factors-reset').length, 0)
    })

    await t.test('of somebody with passkeys alone: a code to set a password is mailed, and works once', async () => {
      const eve = await enrolPasskey(s, await join(s, 'eve'))
      await s.db.deleteFrom('password').where('user_id', '=', eve.id).execute()
      assert.equal((await resetOf(operator, eve.id)).is_recovery_mailed, true)
      const { code } = await latest(s, eve.email, 'recover-password')
      const recover = () => s.post('/api/password/reset', { email: eve.email, code, password: NEW_PASSWORD })
      expectNothing(await recover(), 204)
      assert.ok(await canLogIn(s, eve.email, NEW_PASSWORD))
      assert.equal((await recover()).status, 422)
    })

    await t.test('but neither of somebody who may do more, nor their own, nor of nobody', async () => {
      const admin = await joinAs(s, 'admin', ['admin'])
      const withApp = await enrolApp(s, admin)
      expectProblem(await reset(operator, admin.id), 403, 'not-permitted')
      assert.ok(await isGood(s, withApp.access))
      assert.ok(!(await factorEvents(s, admin.id)).includes('factors.reset'))
      expectProblem(await reset(operator, operator.id), 403, 'not-permitted')
      for (const id of [424242, 0]) expectProblem(await reset(operator, id), 404, 'user-unknown')
      const support = await joinAs(s, 'support', ['support'])
      expectProblem(await reset(support, operator.id), 403, 'not-permitted')
    })

    await t.test('with a reason, and factors that there are', async () => {
      const fay = await joinWithAll(s, 'fay')
      for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(201) }, { ...everything, factors: ['password'] }])
        expectProblem(await reset(operator, fay.id, body), 400, 'malformed-request')
      expectProblem(await reset(operator, fay.id, { ...everything, factors: 'totp' }), 400, 'malformed-request')
      assert.deepEqual((await resetOf(operator, fay.id, { ...everything, factors: [] })).removed, [])
      assert.ok(await isGood(s, fay.access))
    })

    await t.test('once, however many do it at the same time', async () => {
      const gil = await joinWithAll(s, 'gil')
      const all = await Promise.all(Array.from({ length: 10 }, () => resetOf(operator, gil.id)))
      assert.equal(all.filter(({ removed }) => removed.length > 0).length, 1)
      assert.equal((await eventsAbout(s, gil.id)).filter((type) => type === 'factors.reset').length, 1)
      const mails = (await mailsTo(s, gil.email)).filter(({ message }) => message === 'factors-reset')
      assert.equal(mails.length, 1)
    })

    await t.test('and no enrolment that was under way adds one afterwards', async () => {
      const hal = await joinWithAll(s, 'hal')
      const response = createAuthenticator(ORIGIN).create(await startPasskey(s, hal))
      const { factors } = s.service.signIn
      const { sessionId } = await s.service.sessions.authenticate(hal.access)
      const caller = { userId: hal.id, sessionId, origin: NOWHERE }
      await resetOf(operator, hal.id)
      // As a request does that passed the door before the reset, and comes to its transaction after it.
      await assert.rejects(factors.addPasskey(caller, { response, name: 'late' }), { code: 'token-refused' })
      await assert.rejects(factors.startTotp(caller), { code: 'token-refused' })
      expectProblem(await post(s, '/api/account/passkeys', { response }, hal), 401, 'token-refused')
      assert.deepEqual(await factors.listPasskeys(hal.id), [])
    })
  })
}

test('where there is no mail, nobody is left without a way in: it is refused and nothing is changed', async (t: TestContext) => {
  const s = await startServer(t, { environment: { SMTP_URL: '', MAIL_FROM: '' } })
  assert.equal(s.service.email.mode, 'off')
  const operator = await joinAs(s, 'operator', ['operator'])
  const ann = await enrolPasskey(s, await join(s, 'ann'))
  await s.db.deleteFrom('password').where('user_id', '=', ann.id).execute()
  expectProblem(await reset(operator, ann.id), 409, 'last-way-in')
  assert.ok(await isGood(s, ann.access))
  assert.equal((await s.service.signIn.factors.listPasskeys(ann.id)).length, 1)
  const bob = await enrolApp(s, await join(s, 'bob'))
  assert.deepEqual((await resetOf(operator, bob.id)).removed, ['totp', 'recovery_code'])
})

test('samurai-auth users reset-factors does it at the shell, with a reason', async (t) => {
  const s = await startServer(t, { clock: 'running' })
  const ann = await joinWithAll(s, 'ann')
  const environment = { DATABASE_URL: s.url, SECRET_KEY }
  const run = (...words: string[]) => runCommand(t, environment, ['users', 'reset-factors', ...words])
  assert.equal((await run(ann.email)).code, 2)
  assert.equal((await run(ann.email, '--reason', REASON, '--factor', 'password')).code, 2)
  const one = await run(ann.email, '--reason', REASON, '--factor', 'totp')
  assert.deepEqual(one, { code: 0, signal: null, output: 'Removed from user 1: totp. 1 sessions ended.\n' })
  const rest = await run('1', '--reason', REASON)
  assert.equal(rest.output, 'Removed from user 1: recovery_code, passkey. 0 sessions ended.\n')
  assert.equal((await run('1', '--reason', REASON)).output, 'User 1 has nothing of it; nothing was changed.\n')
  const [told] = await s.service.events.listAbout(1, { most: 1, types: ['factors.reset'] })
  assert.deepEqual([told?.actor, told?.personal], [{ kind: 'system' }, { reason: REASON }])
})
