/** How often somebody may register, and ask by registering who is registered. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bearer } from '../account/factors.ts'
import { expectNothing, latest, mailsTo } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { expectJson, expectProblem, PASSWORD, paths, register, signIn } from '../scenario.ts'
import {
  expectThrottled,
  headersOf,
  SIGN_UPS_PER_ACCOUNT,
  SIGN_UPS_PER_ADDRESS,
  signUp,
  startBehindGateway,
  startBehindProxy,
  statusesOf,
} from './attempts.ts'

const MAILS_AT_ONCE = 5
const HOME = { address: '198.51.100.1' }
const number = (turn: number) => `person${turn}@example.com`

for (const { kind, name } of databases()) {
  describe(`registering on ${name}`, () => {
    test('from one network again and again has an end; elsewhere it goes on', async (t) => {
      const s = await startBehindProxy(t, kind)
      const many = Array.from({ length: SIGN_UPS_PER_ADDRESS + 10 }, (_, turn) => signUp(s, number(turn), HOME))
      assert.deepEqual(statusesOf(await Promise.all(many)), { 201: SIGN_UPS_PER_ADDRESS, 429: 10 })
      expectThrottled(await signUp(s, 'late@example.com', HOME), 30)
      assert.equal((await signUp(s, 'late@example.com', { address: '198.51.100.2' })).status, 201)
      await s.clock.advance(30)
      assert.equal((await signUp(s, 'later@example.com', HOME)).status, 201)
    })

    test('through a gateway has no end for the gateway: it stands for everybody', async (t) => {
      const s = await startBehindGateway(t, kind)
      for (let turn = 0; turn < SIGN_UPS_PER_ADDRESS + 10; turn++) await register(s, { email: number(turn) })
    })

    test('one address again and again has an end, taken or not', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: 'ann@example.com' })
      const taken = await Promise.all(Array.from({ length: 30 }, () => signUp(s, 'ANN@example.com')))
      assert.deepEqual(statusesOf(taken), { 400: SIGN_UPS_PER_ACCOUNT - 1, 429: 30 - SIGN_UPS_PER_ACCOUNT + 1 })
      const weak = Array.from({ length: 30 }, () =>
        s.post(paths.register, { email: 'new@example.com', password: 'password' }),
      )
      assert.deepEqual(statusesOf(await Promise.all(weak)), { 400: SIGN_UPS_PER_ACCOUNT, 429: 10 })
    })

    test('in private fills nobody’s mailbox: an address is mailed as often as otherwise, taken or not', async (t) => {
      const s = await startBehindGateway(t, kind, { REGISTRATION: 'private' })
      await register(s, { email: 'ann@example.com' })
      const { token } = await latest(s, 'ann@example.com', 'verify-address')
      expectNothing(await s.post('/api/email/verify', { token, password: PASSWORD }), 204)
      await s.clock.advance(3600)
      for (const email of ['ann@example.com', 'new@example.com']) {
        const answers = await Promise.all(Array.from({ length: MAILS_AT_ONCE + 3 }, () => signUp(s, email)))
        assert.deepEqual(statusesOf(answers), { 201: MAILS_AT_ONCE, 429: 3 }, email)
        expectThrottled(await signUp(s, email.toUpperCase()), 300)
        expectProblem(await s.post('/api/password/forgot', { email }), 429, 'too-many-requests')
      }
      assert.equal((await mailsTo(s, 'ann@example.com')).length, 1 + MAILS_AT_ONCE)
      await s.clock.advance(300)
      for (const email of ['ann@example.com', 'new@example.com']) {
        assert.equal((await signUp(s, email)).status, 201)
        expectThrottled(await signUp(s, email), 300)
      }
    })

    test('nor does registering an address, moving on to another, and registering it again', async (t) => {
      const s = await startBehindGateway(t, kind)
      const email = 'victim@example.com'
      const move = async (to: string) => {
        await register(s, { email })
        const eve = await signIn(s, email)
        return { eve, asked: await s.post('/api/account/email', { email: to }, bearer(eve)) }
      }
      for (let turn = 0; turn < MAILS_AT_ONCE; turn++) {
        const own = `eve${turn}@new.example`
        const { eve, asked } = await move(own)
        expectNothing(asked, 202)
        const { code } = await latest(s, own, 'change-address')
        expectNothing(await s.post('/api/account/email/confirm', { email: own, code }, bearer(eve)), 204)
      }
      expectProblem((await move('eve@new.example')).asked, 429, 'too-many-requests')
    })
  })
}

test('asking who is registered beside a fault of another field costs the same', async (t) => {
  const s = await startBehindProxy(t)
  await register(s, { email: 'ann@example.com' })
  const ask = (email: string) => s.post(paths.register, { email, first_name: 'x'.repeat(31) }, headersOf(HOME))
  const [taken, free] = [await ask('ann@example.com'), await ask('new@example.com')]
  assert.deepEqual([taken.status, 'email' in (taken.json as object)], [400, true])
  assert.deepEqual([free.status, 'email' in (free.json as object)], [400, false])
  for (let turn = 2; turn < SIGN_UPS_PER_ADDRESS; turn++) assert.equal((await ask(number(turn))).status, 400)
  for (const email of ['ann@example.com', 'new@example.com']) expectThrottled(await ask(email), 30)
})

test('a registration without an address costs none: nothing is looked up for it', async (t) => {
  const s = await startBehindProxy(t)
  for (let turn = 0; turn < SIGN_UPS_PER_ADDRESS + 5; turn++) {
    const answer = await s.post(paths.register, { password: 'three red apples' }, headersOf(HOME))
    expectJson(answer, 400, { email: ['This field is required.'] })
  }
  assert.equal((await signUp(s, 'ann@example.com', HOME)).status, 201)
})

test('registering and signing in have buckets of their own', async (t) => {
  const s = await startBehindProxy(t)
  for (let turn = 0; turn < SIGN_UPS_PER_ADDRESS; turn++) await signUp(s, number(turn), HOME)
  const answer = await s.post(paths.login, { email: number(1), password: 'wrong' }, headersOf(HOME))
  assert.equal(answer.status, 401)
})
