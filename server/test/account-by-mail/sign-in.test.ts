import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bearer, enrolApp, enrolPasskey, remove, TOTP } from '../account/factors.ts'
import { databases } from '../databases.ts'
import {
  claimsOf,
  expectJson,
  expectProblem,
  expectTokens,
  isGood,
  join,
  PASSWORD,
  paths,
  register,
} from '../scenario.ts'
import { codeNow, finish as finishSecond, halfSignIn } from '../sign-in/half.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { canLogIn, expectAlike, expectNothing, expectSpoiled, latest, mailsTo, notice, submit } from './mail.ts'

const AT_ONCE = 50
const passwordless = { PASSWORDLESS: 'on' }

const start = (s: TestServer, email: string) => s.post('/api/login/code', { email })
const finish = (s: TestServer, body: object) => s.post('/api/login/code/finish', body)

describe('a sign-in by mail', () => {
  for (const { kind, name } of databases()) {
    it(`is done with the code or the link, once, by one of ${AT_ONCE} (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: passwordless })
      await join(s, 'ann')
      const email = 'ann@example.com'
      expectNothing(await start(s, email), 202)
      const { code } = await latest(s, email, 'sign-in')
      const { access } = expectTokens(await finish(s, { email, code }))
      assert.deepEqual([claimsOf(access).amr, claimsOf(access).acr], [['email'], 'aal1'])
      expectSpoiled(await finish(s, { email, code }), 'used')

      await s.clock.advance(301)
      expectNothing(await start(s, email), 202)
      const { token } = await latest(s, email, 'sign-in')
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => finish(s, { token })))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    })

    it(`CVE-2024-45042: asks whoever has a second factor for it (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: passwordless })
      const ann = await join(s, 'ann')
      const proof = await latest(s, ann.email, 'verify-address')
      const verified = await s.post(
        '/api/email/verify',
        { token: proof.token },
        { authorization: `Bearer ${ann.access}` },
      )
      expectNothing(verified, 204)
      const withApp = await enrolApp(s, ann)
      await s.clock.advance(60)
      expectNothing(await start(s, ann.email), 202)
      const { code } = await latest(s, ann.email, 'sign-in')
      const half = await finish(s, { email: ann.email, code })
      expectProblem(half, 401, 'mfa-required')
      const { mfa_token: mfaToken } = half.json as { mfa_token: string }
      const { access } = expectTokens(await finishSecond(s, { mfaToken, methods: [] }, { code: codeNow(s, withApp) }))
      assert.deepEqual([claimsOf(access).amr, claimsOf(access).acr], [['email', 'otp'], 'aal1'])
    })

    it(`CVE-2026-53516, GHSA-qq9h-g4jm-xgf3, CVE-2024-38351: as the first proof of the address ends what was set before (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: passwordless })
      const stranger = await enrolPasskey(s, await enrolApp(s, await join(s, 'ann')))
      expectNothing(await start(s, stranger.email), 202)
      const { code } = await latest(s, stranger.email, 'sign-in')
      const owner = expectTokens(await finish(s, { email: stranger.email, code })) // whole: no factor is left
      assert.deepEqual([await isGood(s, owner.access), await isGood(s, stranger.refresh)], [true, false])
      assert.equal(await canLogIn(s, stranger.email), false)
      const show = async (path: string) => (await s.get(`/api/account/${path}`, bearer(owner))).json
      assert.deepEqual(await show('totp'), { totp: null, recovery_codes_left: 0 })
      assert.deepEqual(((await show('passkeys')) as { passkeys: object[] }).passkeys, [])
      const options = (await s.post('/api/login/passkey/options', {})).json as { challenge: string }
      const credential = stranger.authenticator.get(options)
      expectProblem(await s.post('/api/login/passkey', { credential }), 401, 'passkey-unknown')
    })
  }

  it('is no factor beside an app: whoever has no password sets one by mail before the app goes', async (t) => {
    const s = await startServer(t, { environment: passwordless })
    const { email } = await join(s, 'ann')
    const byMail = async () => {
      expectNothing(await start(s, email), 202)
      return finish(s, { token: (await latest(s, email, 'sign-in')).token })
    }
    const first = expectTokens(await byMail()) // proves the address, and the password goes
    const ann = await enrolApp(s, { id: claimsOf(first.access).user_id, email, password: '', ...first })
    await s.clock.advance(60)
    const { mfa_token: mfaToken } = (await byMail()).json as { mfa_token: string }
    const weak = expectTokens(await finishSecond(s, { mfaToken, methods: [] }, { code: codeNow(s, ann) }))
    assert.deepEqual([claimsOf(weak.access).amr, claimsOf(weak.access).acr], [['email', 'otp'], 'aal1'])
    expectProblem(await remove(s, TOTP, weak), 401, 'step-up-required')
    await s.clock.advance(30)
    const raised = await s.post('/api/account/step-up', { code: codeNow(s, ann) }, bearer(weak))
    assert.equal((raised.json as { acr: string }).acr, 'aal1')

    await s.clock.advance(30)
    expectNothing(await s.post('/api/password/forgot', { email }), 202)
    const { token } = await latest(s, email, 'recover-password')
    expectNothing(await s.post('/api/password/reset', { token, password: PASSWORD }), 204)
    const strong = expectTokens(await finishSecond(s, await halfSignIn(s, ann), { code: codeNow(s, ann) }))
    assert.equal((await remove(s, TOTP, strong)).status, 204)
  })

  it('is answered alike for an address that nobody has, and of a disabled user', async (t) => {
    const s = await startServer(t, { environment: passwordless })
    await join(s, 'ann')
    const eve = await join(s, 'eve')
    await s.service.lifecycle.disable(eve.id)
    const emails = ['ann@example.com', 'nobody@example.com', 'eve@example.com']
    for (const email of emails) expectNothing(await start(s, email), 202)
    expectAlike(await Promise.all(emails.map((email) => finish(s, { email, code: '12345x' }))))
    const messages = await Promise.all(emails.map(async (email) => (await mailsTo(s, email)).map((one) => one.message)))
    assert.deepEqual(
      messages.map((all) => all.includes('sign-in')),
      [true, false, false],
    )
  })

  it('CVE-2025-52553: goes on in the application with the token of the link, and uses nothing up on its page', async (t) => {
    const s = await startServer(t, { environment: passwordless })
    await join(s, 'ann')
    expectNothing(await start(s, 'ann@example.com'), 202)
    const { token } = await latest(s, 'ann@example.com', 'sign-in')
    const page = await s.get(`/mail/sign-in?token=${token}&lang=en`)
    assert.match(page.text, new RegExp(`href="https:(//|&#x2F;&#x2F;)app\\.example\\.com[^"]*#token[^"]*${token}"`))
    expectTokens(await finish(s, { token }))
    const evil = await s.get('/mail/sign-in?token=%22%3E%3Cscript%3E')
    assert.ok(!evil.text.includes('<script>'))
  })

  it('has no link in its mail where no application takes one: the page could only say to type the code', async (t) => {
    const s = await startServer(t, { environment: { ...passwordless, SIGN_IN_LINK_URL: '' } })
    await join(s, 'ann')
    for (const language of ['en', 'ar']) {
      await s.clock.advance(1)
      const headers = { 'accept-language': language }
      await s.db.updateTable('user').set({ locale: null }).execute()
      expectNothing(await s.post('/api/login/code', { email: 'ann@example.com' }, headers), 202)
      const { text, html, ...mail } = await notice(s, 'ann@example.com', 'sign-in-code')
      assert.equal(mail.language, language)
      assert.ok(!/https?:|token/.test(text), text)
      assert.ok(!/href|\/mail\//.test(html), html)
      const code = /^\d{6}$/m.exec(text)?.[0]
      expectTokens(await finish(s, { email: 'ann@example.com', code }))
    }
  })

  it('CVE-2026-7500: is not there unless it is on', async (t) => {
    const s = await startServer(t)
    expectProblem(await start(s, 'ann@example.com'), 404, 'not-found')
    expectProblem(await finish(s, { token: 'x' }), 404, 'not-found')
  })
})

const idOf = async ({ db }: TestServer, email: string) =>
  (await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id

/** Keeps everybody who registers this address waiting in the database, until the answer's `release` lets them go at once. */
async function meetAt(s: TestServer, email: string, ask: () => Promise<Answer>[]) {
  const held = Promise.withResolvers<void>()
  const holding = Promise.withResolvers<void>()
  const done = s.service.database
    .transaction(async (tx) => {
      const names = { first_name: '', last_name: '', created_at: 0, last_login_at: null, disabled_at: null }
      const rest = { sessions_ended_at: null, email_verified_at: null, locale: null }
      await tx
        .insertInto('user')
        .values({ email, email_key: email, ...names, ...rest })
        .execute()
      holding.resolve()
      await held.promise
      throw new Error('nobody was registered')
    })
    .catch(() => {})
  await holding.promise
  const answers = Promise.all(ask())
  await wait(1_500) // as long as hashing takes, so that as many wait as there are connections
  return {
    answers,
    release: () => {
      held.resolve()
      return done
    },
  }
}

describe('registration', () => {
  for (const { kind, name } of databases()) {
    it(`in private tells nobody whether an address is taken, and lets nobody in before it is proved (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const body = { email: 'ann@example.com', password: PASSWORD, first_name: 'Ann' }
      expectJson(await s.post(paths.register, body), 201, { email: body.email, first_name: 'Ann', last_name: '' })
      assert.equal(await canLogIn(s, body.email), false, 'not yet')
      const { token } = await latest(s, body.email, 'verify-address')
      assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
      assert.equal(await canLogIn(s, body.email), true)

      await s.clock.advance(1)
      const again = { ...body, password: 'a stranger chose this', first_name: 'Eve' }
      expectJson(await s.post(paths.register, again), 201, { email: body.email, first_name: 'Eve', last_name: '' })
      await notice(s, body.email, 'address-taken')
      assert.deepEqual([await canLogIn(s, body.email), await canLogIn(s, body.email, again.password)], [true, false])
      expectJson(await s.post(paths.register, { ...body, password: '' }), 400, {
        password: ['This field may not be blank.'],
      })
    })

    it(`in private: tries of a code tell nobody either whether it was taken (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const taken = { email: 'ann@example.com', password: PASSWORD }
      const free = { email: 'bea@example.com', password: PASSWORD }
      await s.post(paths.register, taken)
      const { token } = await latest(s, taken.email, 'verify-address')
      assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
      for (const body of [taken, free]) assert.equal((await s.post(paths.register, body)).status, 201)
      for (let tries = 0; tries < 7; tries++) {
        const guess = ({ email }: { email: string }) => s.post('/api/email/verify', { email, code: 'wrong!' })
        expectAlike([await guess(taken), await guess(free)])
      }
    })

    it(`CVE-2021-3424, in private: nor does an address that looks like another one, taken or not (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      await register(s, { email: 'ann@example.com' })
      const ask = (email: string) => s.post(paths.register, { email, password: PASSWORD })
      const answers = [await ask('ann@ex\u0430mple.com'), await ask('bea@ex\u0430mple.com')]
      assert.equal(answers[0]?.status, 400)
      expectAlike(answers)
    })

    it(`CVE-2024-39896, in private: nor does one's own password beside a code that nobody has (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const disabled = await register(s, { email: 'dan@example.com' })
      const { token } = await latest(s, disabled.email, 'verify-address')
      assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
      await s.service.lifecycle.disable(await idOf(s, disabled.email))
      const own = { password: 'a password of my own' }
      for (const email of [disabled.email, 'free@example.com']) await register(s, { email, ...own })
      const verify = (email: string, password: string) =>
        s.post('/api/email/verify', { email, code: '00000x', password })
      const answers = [
        await verify(disabled.email, own.password),
        await verify('free@example.com', own.password),
        await verify('free@example.com', 'a wrong password'),
        await verify(disabled.email, disabled.password),
        await verify('nobody@example.com', own.password),
      ]
      expectAlike(answers)
      expectSpoiled(answers[0] as Answer, 'wrong')
    })

    it(`in private: nor what became of a code: who proved, waits, waited for too long, or never came (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const [proved, waits, tried, late] = ['ann', 'bea', 'cid', 'dan'].map((who) => `${who}@example.com`) as [
        string,
        string,
        string,
        string,
      ]
      const verify = (email: string, code: string) => s.post('/api/email/verify', { email, code })
      await s.post(paths.register, { email: late, password: PASSWORD })
      await s.clock.advance(601)
      for (const email of [proved, waits, tried]) await s.post(paths.register, { email, password: PASSWORD })
      const { code } = await latest(s, proved, 'verify-address')
      assert.equal((await verify(proved, code)).status, 204)
      for (let tries = 0; tries < 6; tries++) await verify(tried, 'wrong!')
      const guesses = [proved, waits, tried, late, 'eve@example.com'].map((email) => verify(email, 'wrong!'))
      const answers = await Promise.all(guesses)
      expectAlike(answers)
      expectSpoiled(answers[0] as Answer, 'wrong')

      // Whoever has read the mail is told why it does not help any more.
      for (const [email, reason] of [
        [proved, 'used'],
        [tried, 'too-many-tries'],
        [late, 'expired'],
      ] as const)
        expectSpoiled(await verify(email, (await latest(s, email, 'verify-address')).code), reason)
    })

    it(`in private: nor does the id that the next user is given (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const [proved, waits, fresh] = ['ann@example.com', 'bea@example.com', 'cid@example.com']
      const ask = (email: string | undefined) => s.post(paths.register, { email, password: PASSWORD })
      const nextId = async (email: string) => {
        assert.equal((await ask(email)).status, 201)
        const row = s.db.selectFrom('user').select('id').where('email', '=', email)
        return (await row.executeTakeFirstOrThrow()).id
      }
      for (const email of [proved, waits]) assert.equal((await ask(email)).status, 201)
      const { code } = await latest(s, proved as string, 'verify-address')
      assert.equal((await s.post('/api/email/verify', { email: proved, code })).status, 204)
      const ids = [await nextId('own0@example.com')]
      for (const [turn, email] of [proved, waits, fresh, fresh].entries()) {
        assert.equal((await ask(email)).status, 201)
        ids.push(await nextId(`own${turn + 1}@example.com`))
      }
      const steps = ids.slice(1).map((id, index) => id - (ids[index] ?? 0))
      assert.deepEqual(steps, [2, 2, 2, 2])
    })

    it(`in private: before the proof, whoever registers last is the one whose password counts (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private' } })
      const email = 'ann@example.com'
      assert.equal((await s.post(paths.register, { email, password: 'a stranger chose this' })).status, 201)
      const first = await latest(s, email, 'verify-address')
      await s.clock.advance(1)
      assert.equal((await s.post(paths.register, { email, password: PASSWORD })).status, 201)
      assert.equal((await submit(s, 'verify-address', { token: first.token })).status, 400)
      const { token } = await latest(s, email, 'verify-address')
      assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
      assert.deepEqual([await canLogIn(s, email), await canLogIn(s, email, 'a stranger chose this')], [true, false])
    })

    it(`in private makes one user of ${AT_ONCE} registrations at once, all answered alike (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private', HASH_QUEUE: '1000' } })
      const body = { email: 'ann@example.com', password: PASSWORD }
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => s.post(paths.register, body)))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
      assert.equal((await s.db.selectFrom('user').select('id').execute()).length, 1)
    })

    it(`in private: so it is when all of them come to the database at the same moment (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { REGISTRATION: 'private', HASH_QUEUE: '1000' } })
      const body = { email: 'ann@example.com', password: PASSWORD }
      const { answers, release } = await meetAt(s, body.email, () =>
        Array.from({ length: AT_ONCE }, () => s.post(paths.register, body)),
      )
      await release()
      assert.deepEqual([...new Set((await answers).map(({ status }) => status))], [201])
      assert.equal((await s.db.selectFrom('user').select('id').execute()).length, 1)
    })
  }

  it('CVE-2026-29193: that is closed registers nobody, and tells nothing of addresses', async (t) => {
    const s = await startServer(t, { environment: { REGISTRATION: 'closed' } })
    const answers = [
      await s.post(paths.register, { email: 'ann@example.com', password: PASSWORD }),
      await s.post(paths.register, { email: 'ann@example.com' }),
    ]
    expectJson(answers[0] as never, 403, { detail: 'Registration is closed.' })
    assert.equal((await s.db.selectFrom('user').select('id').execute()).length, 0)
  })

  it('writes in the language that the browser asks for', async (t) => {
    const s = await startServer(t)
    const headers = { 'accept-language': 'ar-EG,ar;q=0.9,en;q=0.5' }
    assert.equal((await s.post(paths.register, { email: 'ann@example.com', password: PASSWORD }, headers)).status, 201)
    const { mail } = await latest(s, 'ann@example.com', 'verify-address')
    assert.equal(mail.language, 'ar')
  })
})
