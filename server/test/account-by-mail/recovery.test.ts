import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bearer, enrolApp, enrolPasskey } from '../account/factors.ts'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, isGood, join, PASSWORD, register, signIn } from '../scenario.ts'
import { finish, halfSignIn } from '../sign-in/half.ts'
import { startServer, type TestServer } from '../start-server.ts'
import {
  canLogIn,
  expectAlike,
  expectNothing,
  expectSpoiled,
  latest,
  logIn,
  mailsTo,
  NEW_PASSWORD,
  notice,
  type Read,
  submit,
} from './mail.ts'

const AT_ONCE = 50

const forget = (s: TestServer, email: string, headers = {}) => s.post('/api/password/forgot', { email }, headers)
const reset = (s: TestServer, proof: object, password = NEW_PASSWORD) =>
  s.post('/api/password/reset', { ...proof, password })

const giveAddress = ({ db }: TestServer, id: number, email: string) =>
  db.updateTable('user').set({ email, email_key: email }).where('id', '=', id).execute()

async function ask(s: TestServer, email: string): Promise<Read> {
  await s.clock.advance(1)
  expectNothing(await forget(s, email), 202)
  return latest(s, email, 'recover-password')
}

describe('a forgotten password', () => {
  for (const { kind, name } of databases()) {
    it(`is set anew with the code of the mail, once; all sessions end (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { code } = await ask(s, ann.email)
      const proof = { email: ann.email, code }
      expectNothing(await reset(s, proof), 204)
      assert.deepEqual([await isGood(s, ann.access), await isGood(s, ann.refresh)], [false, false])
      assert.deepEqual([await canLogIn(s, ann.email), await canLogIn(s, ann.email, NEW_PASSWORD)], [false, true])
      await notice(s, ann.email, 'password-changed')
      expectSpoiled(await reset(s, proof, 'another password'), 'used')
      assert.equal(await canLogIn(s, ann.email, NEW_PASSWORD), true)
    })

    it(`CVE-2026-37982: of ${AT_ONCE} at once with one link one sets it (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { HASH_QUEUE: '1000' } })
      const ann = await join(s, 'ann')
      const { token } = await ask(s, ann.email)
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) => reset(s, { token }, `password number ${turn}`)),
      )
      const won = answers.findIndex(({ status }) => status === 204)
      assert.equal(answers.filter(({ status }) => status === 204).length, 1)
      assert.equal(await canLogIn(s, ann.email, `password number ${won}`), true)
    })

    it(`of a code five tries count, however many come at once (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { HASH_QUEUE: '1000' } })
      const ann = await join(s, 'ann')
      const { code, token } = await ask(s, ann.email)
      const wrong = code === '000000' ? '000001' : '000000'
      await Promise.all(Array.from({ length: 20 }, () => reset(s, { email: ann.email, code: wrong })))
      expectSpoiled(await reset(s, { email: ann.email, code }), 'too-many-tries')
      expectNothing(await reset(s, { token }), 204)
    })

    it(`is void after ten minutes, after a newer mail, and once the password was changed (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const first = await ask(s, ann.email)
      const second = await ask(s, ann.email)
      expectSpoiled(await reset(s, { token: first.token }), 'wrong')
      await s.clock.advance(601)
      expectSpoiled(await reset(s, { token: second.token }), 'expired')

      const third = await ask(s, ann.email)
      const change = { old_password: PASSWORD, password: 'five blue plums' }
      expectNothing(await s.post('/api/account/password', change, bearer(await signIn(s, ann.email))), 204)
      expectSpoiled(await reset(s, { token: third.token }), 'used')
      assert.equal(await canLogIn(s, ann.email, 'five blue plums'), true)
    })

    it(`leaves a second factor, which is asked for afterwards (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      await proveAddress(s, ann)
      const withApp = await enrolApp(s, ann)
      const { code } = await ask(s, ann.email)
      expectNothing(await reset(s, { email: ann.email, code }), 204)
      const answer = await logIn(s, ann.email, NEW_PASSWORD)
      assert.equal((answer.json as { code: string }).code, 'mfa_required')
      const [recovery = ''] = withApp.recoveryCodes
      const { mfa_token: mfaToken } = answer.json as { mfa_token: string }
      assert.equal((await finish(s, { mfaToken, methods: [] }, { code: recovery })).status, 200)
    })

    it(`CVE-2026-53516: as the first proof of an address ends what a stranger had set before (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const stranger = await enrolPasskey(s, await enrolApp(s, await join(s, 'ann')))
      await halfSignIn(s, stranger)
      const { token } = await ask(s, stranger.email)
      expectNothing(await reset(s, { token }), 204)
      assert.equal(await isGood(s, stranger.refresh), false)
      const owner = await signIn(s, stranger.email, NEW_PASSWORD) // whole with the password: no factor is left
      const show = async (path: string) => (await s.get(`/api/account/${path}`, bearer(owner))).json
      assert.deepEqual(await show('totp'), { totp: null, recovery_codes_left: 0 })
      assert.deepEqual(((await show('passkeys')) as { passkeys: object[] }).passkeys, [])
      const options = (await s.post('/api/login/passkey/options', {})).json as { challenge: string }
      const credential = stranger.authenticator.get(options)
      expectProblem(await s.post('/api/login/passkey', { credential }), 401, 'passkey-unknown')
    })
  }

  async function proveAddress(s: TestServer, who: { email: string; access: string }): Promise<void> {
    await s.clock.advance(1)
    expectNothing(await s.post('/api/account/email/proof', {}, bearer(who)), 202)
    const { code } = await latest(s, who.email, 'verify-address')
    expectNothing(await s.post('/api/email/verify', { email: who.email, code }, bearer(who)), 204)
  }

  it('CVE-2023-44399, CVE-2024-39896: is answered alike for an address that nobody has, and of a disabled user; only the owner gets a mail', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com' })
    const eve = await join(s, 'eve')
    await s.service.lifecycle.disable(eve.id)
    const emails = ['ann@example.com', 'nobody@example.com', 'eve@example.com']
    for (const email of emails) expectNothing(await forget(s, email), 202)
    const sent = await Promise.all(emails.map(async (email) => (await mailsTo(s, email)).map(({ message }) => message)))
    assert.deepEqual(
      sent.map((messages) => messages.includes('recover-password')),
      [true, false, false],
    )
    expectAlike(await Promise.all(emails.map((email) => reset(s, { email, code: '12345x' }))))
  })

  it('CVE-2019-19844: goes to the address as it is stored, not as it was typed', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com' })
    expectNothing(await forget(s, 'ANN@Example.com'), 202)
    await latest(s, 'ann@example.com', 'recover-password')
    assert.deepEqual(await mailsTo(s, 'ANN@Example.com'), [])
  })

  it('CVE-2021-3424: for an address that only looks like another is for somebody else', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const lookalike = 'ann@\u0435xample.com' // the first letter of the domain is a Cyrillic one
    const eve = await join(s, 'eve')
    await giveAddress(s, eve.id, lookalike) // as an import may leave it: registering it is refused
    const { access } = await signIn(s, lookalike)
    assert.equal(claimsOf(access).user_id, eve.id)
    const before = await mailsTo(s, ann.email)
    expectNothing(await forget(s, lookalike), 202)
    const { token } = await latest(s, lookalike, 'recover-password')
    assert.deepEqual(await mailsTo(s, ann.email), before)
    expectNothing(await reset(s, { token }), 204)
    assert.deepEqual([await canLogIn(s, lookalike, NEW_PASSWORD), await canLogIn(s, ann.email)], [true, true])
  })

  it('of an address that is too long for mails is asked for without a mail, and the log says so without the address', async (t) => {
    const s = await startServer(t)
    const ann = await enrolApp(s, await join(s, 'ann'))
    const long = `${'l'.repeat(238)}@${'\u{1F600}'.repeat(8)}.com` // as an import may leave it
    await giveAddress(s, ann.id, long)
    expectNothing(await forget(s, long), 202)
    expectNothing(await s.post('/api/account/email/proof', {}, bearer(ann)), 202)
    const change = { old_password: PASSWORD, password: NEW_PASSWORD }
    expectNothing(await s.post('/api/account/password', change, bearer(ann)), 204)
    const by = { userId: ann.id, factors: ['totp'], reason: 'lost' } as const
    assert.deepEqual((await s.service.lifecycle.resetFactors(by)).removed, ['totp', 'recovery_code'])
    assert.deepEqual(await mailsTo(s, long), [])
    const told = s.logs.filter(({ message }) => message === 'mail not written: nothing can be sent to the address')
    assert.deepEqual(
      told.map(({ fields }) => [fields.message, fields.userId]),
      ['recover-password', 'verify-address', 'password-changed', 'factors-reset'].map((message) => [message, ann.id]),
    )
    assert.ok(!JSON.stringify(s.logs).includes('lllll'))
  })

  it('CVE-2023-49097: has a link to PUBLIC_URL, whatever the request says of its host', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com' })
    const host = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' }
    expectNothing(await forget(s, 'ann@example.com', host), 202)
    const { mail } = await latest(s, 'ann@example.com', 'recover-password')
    assert.ok(!`${mail.text}${mail.html}`.includes('evil.example'))
    assert.match(mail.text, /^https:\/\/auth\.example\.com\/mail\/recover-password\?token=/m)
  })

  it('that the policy refuses uses nothing up, and says why', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com', first_name: 'Annabella', last_name: 'Worthington' })
    const { token, code } = await ask(s, 'ann@example.com')
    const refused = [
      [{ token }, 'password', 'This password is too common.'],
      [{ token }, 'Annabella Worthington', 'The password is too similar to the full name.'],
      [{ email: 'ann@example.com', code }, 'ann@example.com', 'The password is too similar to the email address.'],
    ] as const
    for (const [proof, password, reason] of refused) {
      const answer = await reset(s, proof, password)
      expectProblem(answer, 422, 'password-refused')
      assert.deepEqual((answer.json as { reasons: string[] }).reasons, [reason])
    }
    // The names of a user are told to nobody who only has the address.
    expectSpoiled(await reset(s, { email: 'ann@example.com', code: '1' }, 'Annabella Worthington'), 'wrong')
    expectNothing(await reset(s, { token }), 204)
  })

  it('is set on the page of the link, which asks again when the policy refuses', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com' })
    const { token } = await ask(s, 'ann@example.com')
    const refused = await submit(s, 'recover-password', { token, password: 'password', lang: 'en' })
    assert.equal(refused.status, 422)
    assert.match(refused.text, /role="alert"[\s\S]*This password is too common\./)
    assert.equal((await submit(s, 'recover-password', { token, password: NEW_PASSWORD })).status, 200)
    assert.equal((await submit(s, 'recover-password', { token, password: NEW_PASSWORD })).status, 410)
    assert.equal(await canLogIn(s, 'ann@example.com', NEW_PASSWORD), true)
  })

  it('is not a code or link of something else (CVE-2023-48309)', async (t) => {
    const s = await startServer(t)
    await register(s, { email: 'ann@example.com' })
    const other = await latest(s, 'ann@example.com', 'verify-address')
    const { token, code } = await ask(s, 'ann@example.com')
    expectSpoiled(await reset(s, { token: other.token }), 'wrong')
    expectSpoiled(await s.post('/api/email/verify', { token }), 'wrong')
    assert.notEqual(other.token, token)
    expectNothing(await reset(s, { email: 'ann@example.com', code }), 204)
  })

  it('asks for what is needed', async (t) => {
    const s = await startServer(t)
    expectProblem(await s.post('/api/password/forgot', {}), 400, 'malformed-request')
    expectProblem(await s.post('/api/password/forgot', { email: 'ann@' }), 400, 'malformed-request')
    expectProblem(await s.post('/api/password/reset', { password: NEW_PASSWORD }), 400, 'malformed-request')
    expectProblem(await s.post('/api/password/reset', { token: 'x' }), 400, 'malformed-request')
    const bare = await startServer(t, { environment: { SMTP_URL: '', MAIL_FROM: '' } })
    expectProblem(await forget(bare, 'ann@example.com'), 501, 'mail-not-configured')
  })
})
