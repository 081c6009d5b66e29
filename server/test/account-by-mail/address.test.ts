import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bearer, enrolApp, enrolPasskey } from '../account/factors.ts'
import { databases } from '../databases.ts'
import { expectProblem, isGood, join, PASSWORD, type Person, register, signIn } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import {
  canLogIn,
  expectAlike,
  expectNothing,
  expectSpoiled,
  latest,
  mailsTo,
  NEW_PASSWORD,
  notice,
  submit,
} from './mail.ts'

const AT_ONCE = 50

const verify = (s: TestServer, body: object, who?: { access: string }) =>
  s.post('/api/email/verify', body, who ? bearer(who) : {})
const profile = async (s: TestServer, who: { access: string }) =>
  (await s.get('/api/account', bearer(who))).json as Record<string, unknown>
const isVerified = async (s: TestServer, email: string) =>
  (await s.db.selectFrom('user').select('email_verified_at').where('email', '=', email).executeTakeFirstOrThrow())
    .email_verified_at !== null

describe('an address', () => {
  for (const { kind, name } of databases()) {
    it(`is proved with the code that came at registration; the session it is typed in stays (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const other = await signIn(s, ann.email)
      const { code } = await latest(s, ann.email, 'verify-address')
      expectNothing(await verify(s, { email: ann.email, code }, ann), 204)
      assert.equal((await profile(s, ann)).email_verified, true)
      assert.deepEqual([await isGood(s, ann.access), await isGood(s, other.access)], [true, false])
      assert.equal(await canLogIn(s, ann.email), true)
      expectSpoiled(await verify(s, { email: ann.email, code }, ann), 'used')
    })

    it(`is proved on the page of the link; the password stays for whoever types it (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { token } = await latest(s, ann.email, 'verify-address')
      const wrong = await submit(s, 'verify-address', { token, password: 'not this one', lang: 'en' })
      assert.equal(wrong.status, 422)
      assert.match(wrong.text, /This is not the password of this account\./)
      assert.equal(await isVerified(s, ann.email), false)
      assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
      assert.equal(await isVerified(s, ann.email), true)
      assert.deepEqual([await isGood(s, ann.access), await canLogIn(s, ann.email)], [false, true])
    })

    it(`is not proved by its code beside a wrong password, which uses nothing up (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { code } = await latest(s, ann.email, 'verify-address')
      for (let turn = 0; turn < 7; turn++)
        expectProblem(await verify(s, { email: ann.email, code, password: 'not this one' }), 422, 'proof-refused')
      assert.equal(await isVerified(s, ann.email), false)
      expectSpoiled(await verify(s, { email: ann.email, code: 'wrong!', password: 'not this one' }), 'wrong')
      expectSpoiled(await verify(s, { email: ann.email, code: 'wrong!', password: PASSWORD }), 'wrong')
      expectNothing(await verify(s, { email: ann.email, code, password: PASSWORD }), 204)
      assert.deepEqual([await isGood(s, ann.access), await canLogIn(s, ann.email)], [false, true])
      expectSpoiled(await verify(s, { email: ann.email, code, password: 'not this one' }), 'used')
    })

    it(`CVE-2026-53516: whoever proves it for the first time, and shows nothing else, ends what was set before (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const stranger = await enrolPasskey(s, await enrolApp(s, await join(s, 'ann')))
      const { code } = await latest(s, stranger.email, 'verify-address')
      expectNothing(await verify(s, { email: stranger.email, code }), 204)
      assert.deepEqual([await isGood(s, stranger.access), await isGood(s, stranger.refresh)], [false, false])
      assert.equal(await canLogIn(s, stranger.email), false)
      const credential = stranger.authenticator.get(
        (await s.post('/api/login/passkey/options', {})).json as { challenge: string },
      )
      expectProblem(await s.post('/api/login/passkey', { credential }), 401, 'passkey-unknown')
      const told = await s.db.selectFrom('event').select('type').where('user_id', '=', stranger.id).execute()
      const types = told.map(({ type }) => type)
      for (const type of ['email.verified', 'password.removed', 'factor.removed', 'session.ended'])
        assert.ok(types.includes(type as (typeof types)[number]), type)
    })

    it(`that is proved again ends nothing (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      const other = await signIn(s, ann.email)
      await s.clock.advance(61)
      expectNothing(await s.post('/api/account/email/proof', {}, bearer(ann)), 202)
      const { code } = await latest(s, ann.email, 'verify-address')
      expectNothing(await verify(s, { email: ann.email, code }), 204)
      assert.deepEqual([await isGood(s, other.access), await canLogIn(s, ann.email)], [true, true])
    })

    it(`of ${AT_ONCE} who show one code at once one is told that it is proved (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { token } = await latest(s, ann.email, 'verify-address')
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => verify(s, { token }, ann)))
      assert.equal(answers.filter(({ status }) => status === 204).length, 1)
      assert.equal(await isGood(s, ann.access), true)
    })

    // There proving the old one was enough, and a typo gave the account away.
    it(`better-auth #7196: is changed when the new one is proved; the old one is told, and takes it back (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      const asked = { email: 'ann@new.example' }
      expectNothing(await s.post('/api/account/email', asked, bearer(ann)), 202)
      assert.equal((await profile(s, ann)).email, 'ann@example.com', 'not before')
      const { code } = await latest(s, 'ann@new.example', 'change-address')
      expectNothing(await s.post('/api/account/email/confirm', { ...asked, code }, bearer(ann)), 204)
      const { email, email_verified } = await profile(s, ann)
      assert.deepEqual([email, email_verified], ['ann@new.example', true])
      assert.deepEqual([await canLogIn(s, 'ann@example.com'), await canLogIn(s, 'ann@new.example')], [false, true])
      const thief = await signIn(s, 'ann@new.example')

      const { token } = await latest(s, 'ann@example.com', 'address-changed')
      assert.equal((await submit(s, 'undo-address-change', { token })).status, 200)
      assert.deepEqual([await isGood(s, ann.access), await isGood(s, thief.refresh)], [false, false])
      assert.deepEqual([await canLogIn(s, 'ann@example.com'), await canLogIn(s, 'ann@new.example')], [false, false])
      assert.equal((await submit(s, 'undo-address-change', { token })).status, 410)
      const recovery = await latest(s, 'ann@example.com', 'recover-password')
      const again = { token: recovery.token, password: NEW_PASSWORD }
      expectNothing(await s.post('/api/password/reset', again), 204)
      assert.equal(await canLogIn(s, 'ann@example.com', NEW_PASSWORD), true)
    })

    it(`is given back although a thief registered it meanwhile: nobody proved it there (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await move(s, ann, 'thief@new.example')
      const squatter = await join(s, 'ann') // the address is free: registering it needs no proof
      const { token } = await latest(s, 'ann@example.com', 'address-changed')
      assert.equal((await submit(s, 'undo-address-change', { token })).status, 200)
      assert.deepEqual(await idsOf(s, 'ann@example.com'), [ann.id])
      assert.equal(await isGood(s, squatter.access), false)
      const told = await s.db
        .selectFrom('event')
        .select('reason')
        .where('user_id', '=', squatter.id)
        .where('type', '=', 'user.erased')
        .execute()
      assert.deepEqual(
        told.map(({ reason }) => reason),
        ['address-change-undone'],
      )
      assert.equal((await submit(s, 'undo-address-change', { token })).status, 410)
    })

    it(`is given back also once whoever registered it meanwhile was erased (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await move(s, ann, 'thief@new.example')
      const { token } = await latest(s, 'ann@example.com', 'address-changed')
      const squatter = await join(s, 'ann')
      await s.service.lifecycle.erase(squatter.id)
      assert.equal((await submit(s, 'undo-address-change', { token })).status, 200)
      assert.deepEqual(await idsOf(s, 'ann@example.com'), [ann.id])
    })

    it(`is not taken from whoever proved it meanwhile; the page says so (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await move(s, ann, 'ann@new.example')
      const { token } = await latest(s, 'ann@example.com', 'address-changed')
      await s.clock.advance(1)
      const other = await proved(s, await join(s, 'ann'))
      const answer = await submit(s, 'undo-address-change', { token, lang: 'en' })
      assert.equal(answer.status, 409)
      assert.match(answer.text, /This address is in use/)
      assert.deepEqual(await idsOf(s, 'ann@example.com'), [other.id])
      assert.deepEqual(await idsOf(s, 'ann@new.example'), [ann.id])
    })

    it(`that was given back is not moved again by the link of a later change (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await move(s, ann, 'thief@one.example')
      await s.clock.advance(1)
      await move(s, ann, 'thief@two.example')
      const theirs = await latest(s, 'thief@one.example', 'address-changed')
      const own = await latest(s, 'ann@example.com', 'address-changed')
      assert.equal((await submit(s, 'undo-address-change', { token: own.token })).status, 200)
      assert.equal((await submit(s, 'undo-address-change', { token: theirs.token })).status, 410)
      assert.deepEqual(await idsOf(s, 'ann@example.com'), [ann.id])
    })

    it(`is given back by the link of the first change, also after a later one was undone (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await move(s, ann, 'thief@one.example')
      await s.clock.advance(1)
      await move(s, ann, 'thief@two.example')
      for (const [from, email] of [
        ['thief@one.example', 'thief@one.example'],
        ['ann@example.com', 'ann@example.com'],
      ] as const) {
        const { token } = await latest(s, from, 'address-changed')
        assert.equal((await submit(s, 'undo-address-change', { token })).status, 200)
        assert.deepEqual(await idsOf(s, email), [ann.id])
      }
    })

    it(`is changed, and given back, by one of ${AT_ONCE} who show one code or link at once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      const email = 'ann@new.example'
      expectNothing(await s.post('/api/account/email', { email }, bearer(ann)), 202)
      const { code } = await latest(s, email, 'change-address')
      const confirm = () => s.post('/api/account/email/confirm', { email, code }, bearer(ann))
      const moved = await Promise.all(Array.from({ length: AT_ONCE }, confirm))
      assert.deepEqual(countOf(moved), { 204: 1, 422: AT_ONCE - 1 })

      const { token } = await latest(s, ann.email, 'address-changed')
      const undo = () => submit(s, 'undo-address-change', { token })
      const undone = await Promise.all(Array.from({ length: AT_ONCE }, undo))
      assert.deepEqual(countOf(undone), { 200: 1, 410: AT_ONCE - 1 })
      const told = await s.db.selectFrom('event').select('reason').where('type', '=', 'email.changed').execute()
      assert.deepEqual(told.map(({ reason }) => reason).sort(), [null, 'undone'])
      assert.equal((await mailsTo(s, ann.email)).filter(({ message }) => message === 'recover-password').length, 1)
    })

    it(`is nobody else's: a change to a taken one is answered alike, and its owner is told (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await proved(s, await join(s, 'ann'))
      await register(s, { email: 'bob@example.com' })
      await register(s, { email: 'late@example.com' })
      expectAlike([
        await s.post('/api/account/email', { email: 'bob@example.com' }, bearer(ann)),
        await s.post('/api/account/email', { email: 'free@example.com' }, bearer(ann)),
      ])
      await notice(s, 'bob@example.com', 'address-taken')
      assert.ok(!(await mailsTo(s, 'bob@example.com')).some(({ message }) => message === 'change-address'))
      const { code } = await latest(s, 'free@example.com', 'change-address')
      await register(s, { email: 'FREE@example.com' })
      const taken = await s.post('/api/account/email/confirm', { email: 'free@example.com', code }, bearer(ann))
      expectProblem(taken, 409, 'identifier-taken')
      assert.equal((await profile(s, ann)).email, 'ann@example.com')
    })
  }

  async function move(s: TestServer, who: Person, email: string): Promise<void> {
    expectNothing(await s.post('/api/account/email', { email }, bearer(who)), 202)
    const { code } = await latest(s, email, 'change-address')
    expectNothing(await s.post('/api/account/email/confirm', { email, code }, bearer(who)), 204)
  }

  const idsOf = async ({ db }: TestServer, email: string) =>
    (await db.selectFrom('user').select('id').where('email', '=', email).execute()).map(({ id }) => id)

  const countOf = (answers: readonly Answer[]) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, of = []]) => [status, of.length]),
    )

  async function proved(s: TestServer, person: Person): Promise<Person> {
    const { code } = await latest(s, person.email, 'verify-address')
    expectNothing(await verify(s, { email: person.email, code }, person), 204)
    return person
  }

  it('that nobody had proved is changed by the session that asked, which stays with its password', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const other = await signIn(s, ann.email)
    expectNothing(await s.post('/api/account/email', { email: 'ann@new.example' }, bearer(ann)), 202)
    const { token } = await latest(s, 'ann@new.example', 'change-address')
    for (const password of ['', 'not this one'])
      assert.equal(
        (await submit(s, 'change-address', { token, password })).status,
        422,
        'whoever opens it may be another',
      )
    assert.equal((await submit(s, 'change-address', { token, password: PASSWORD })).status, 200)
    assert.deepEqual([await isGood(s, ann.access), await isGood(s, other.access)], [true, false])
    assert.equal(await canLogIn(s, 'ann@new.example'), true)
    // The old one is perhaps a stranger's: it is told, and given no way to take the account.
    assert.ok(!(await mailsTo(s, 'ann@example.com')).some(({ message }) => message === 'address-changed'))
    const told = await notice(s, 'ann@example.com', 'unproven-address-changed')
    assert.ok(!/https?:|ann@new/.test(told.text), told.text)
  })

  it('is not changed with the password of somebody else; a link that is used up says so, whatever is typed', async (t) => {
    const s = await startServer(t)
    const ann = await proved(s, await join(s, 'ann'))
    expectNothing(await s.post('/api/account/email', { email: 'ann@new.example' }, bearer(ann)), 202)
    const { token } = await latest(s, 'ann@new.example', 'change-address')
    const change = (password: string) => submit(s, 'change-address', { token, password })
    assert.equal((await change('not this one')).status, 422)
    assert.equal((await profile(s, ann)).email, ann.email)
    assert.equal((await change(PASSWORD)).status, 200)
    assert.deepEqual([(await change('not this one')).status, (await change(PASSWORD)).status], [410, 410])
  })

  it('is not changed by the code of somebody else, nor after another change', async (t) => {
    const s = await startServer(t)
    const ann = await proved(s, await join(s, 'ann'))
    const bob = await join(s, 'bob')
    expectNothing(await s.post('/api/account/email', { email: 'one@new.example' }, bearer(ann)), 202)
    expectNothing(await s.post('/api/account/email', { email: 'two@new.example' }, bearer(ann)), 202)
    const [one, two] = [
      await latest(s, 'one@new.example', 'change-address'),
      await latest(s, 'two@new.example', 'change-address'),
    ]
    const confirm = (email: string, code: string, who: Person) =>
      s.post('/api/account/email/confirm', { email, code }, bearer(who))
    expectSpoiled(await confirm('one@new.example', one.code, bob), 'wrong')
    expectNothing(await confirm('two@new.example', two.code, ann), 204)
    assert.equal((await submit(s, 'change-address', { token: one.token, password: PASSWORD })).status, 410)
    assert.equal((await profile(s, ann)).email, 'two@new.example')
  })

  it('CVE-2021-3424: is not changed to one that looks like another, nor to one that is too long for mails', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    for (const email of ['bob@ex\u0430mple.com', `${'l'.repeat(238)}@${'\u{1F600}'.repeat(8)}.com`]) {
      const answer = await s.post('/api/account/email', { email }, bearer(ann))
      expectProblem(answer, 400, 'malformed-request')
      assert.match(answer.text, /"pointer":"\/email","detail":"must have/)
    }
  })

  it('is changed only after a proof just before', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await s.clock.advance(301)
    expectProblem(await s.post('/api/account/email', { email: 'x@new.example' }, bearer(ann)), 401, 'step-up-required')
    expectProblem(await s.post('/api/account/email', { email: 'x@new.example' }), 401, 'token-missing')
    expectNothing(
      await s
        .post('/api/account/step-up', { password: PASSWORD }, bearer(ann))
        .then(() => s.post('/api/account/email', { email: 'x@new.example' }, bearer(ann))),
      202,
    )
    expectProblem(await s.post('/api/account/email', { email: 'ANN@example.com' }, bearer(ann)), 409, 'conflict')
  })

  it('a link does nothing by being opened (scanners open links), and knows its page only', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const { token, mail } = await latest(s, ann.email, 'verify-address')
    const path = `/mail/verify-address?token=${token}&lang=en`
    assert.match(mail.text, new RegExp(`https://auth\\.example\\.com${path.replace(/[?]/g, '\\?')}`))
    for (const method of ['GET', 'HEAD', 'GET']) assert.equal((await s.ask({ method, path })).status, 200)
    assert.equal(await isVerified(s, ann.email), false)
    for (const page of ['change-address', 'undo-address-change', 'recover-password']) {
      assert.equal((await submit(s, page, { token, password: NEW_PASSWORD })).status, 400, page)
    }
    assert.equal((await submit(s, 'verify-address', { token, password: PASSWORD })).status, 200)
  })
})

describe('a password', () => {
  for (const { kind, name } of databases()) {
    it(`CVE-2026-22706: is changed with the old one; the other sessions end, and the owner is told (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const other = await signIn(s, ann.email)
      const change = (body: object) => s.post('/api/account/password', body, bearer(ann))
      expectProblem(await change({ old_password: 'wrong', password: NEW_PASSWORD }), 422, 'proof-refused')
      expectProblem(await change({ old_password: PASSWORD, password: 'password' }), 422, 'password-refused')
      expectNothing(await change({ old_password: PASSWORD, password: NEW_PASSWORD }), 204)
      assert.deepEqual([await isGood(s, ann.access), await isGood(s, other.refresh)], [true, false])
      assert.deepEqual([await canLogIn(s, ann.email), await canLogIn(s, ann.email, NEW_PASSWORD)], [false, true])
      await notice(s, ann.email, 'password-changed')
    })

    it(`is changed by one of ${AT_ONCE} who prove the old one at once (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { HASH_QUEUE: '1000' } })
      const ann = await join(s, 'ann')
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) => {
          const body = { old_password: PASSWORD, password: `password number ${turn}` }
          return s.post('/api/account/password', body, bearer(ann))
        }),
      )
      const won = answers.findIndex(({ status }) => status === 204)
      assert.deepEqual(
        answers.map(({ status }) => status).filter((status) => ![204, 409, 422].includes(status)),
        [],
      )
      assert.equal(answers.filter(({ status }) => status === 204).length, 1)
      assert.equal(await canLogIn(s, ann.email, `password number ${won}`), true)
    })
  }

  it('is set without the old one right after signing in, and not later', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    expectNothing(await s.post('/api/account/password', { password: NEW_PASSWORD }, bearer(ann)), 204)
    await s.clock.advance(301)
    const late = await s.post('/api/account/password', { password: PASSWORD }, bearer(ann))
    expectProblem(late, 401, 'step-up-required')
  })
})

describe('the profile', () => {
  for (const { kind, name } of databases())
    it(`is shown and changed: names and language (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const change = (body: object) => s.ask({ method: 'PATCH', path: '/api/account', body, headers: bearer(ann) })
      assert.equal((await change({ first_name: 'Ànn 🎈', locale: 'ar' })).status, 200)
      const { first_name, last_name, locale, id } = await profile(s, ann)
      assert.deepEqual(
        { first_name, last_name, locale, id },
        { first_name: 'Ànn 🎈', last_name: '', locale: 'ar', id: ann.id },
      )
      expectProblem(await change({ first_name: 'x'.repeat(31) }), 400, 'malformed-request')
    })

  it('CVE-2026-27946, CVE-2026-54693: says of itself neither that its address is proved nor who it is', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const before = await profile(s, ann)
    const body = {
      id: 7,
      email: 'other@example.com',
      email_verified: true,
      email_verified_at: 1,
      is_staff: true,
      roles: ['admin'],
    }
    const answer = await s.ask({ method: 'PATCH', path: '/api/account', body, headers: bearer(ann) })
    assert.deepEqual([answer.status, answer.json], [200, before])
    assert.deepEqual(await profile(s, ann), before)
  })

  it('CVE-2026-54693: nor on any other way that takes a body of its own', async (t) => {
    const s = await startServer(t)
    const { email: _, ...proved } = {
      email: '',
      email_verified: true,
      email_verified_at: 1,
      verified_at: 1,
      is_verified: true,
      isVerified: true,
      awaits_proof_since: null,
      status: 'active',
      is_staff: true,
      is_superuser: true,
      roles: ['admin'],
    }
    const { email } = await register(s, { email: 'ann@example.com', ...proved })
    const ann = { ...(await signIn(s, email)), email }
    const send = (path: string, body: object, method = 'POST') =>
      s.ask({ method, path, body: { ...proved, ...body }, headers: bearer(ann) })
    const shown = async () => {
      const { email_verified, ...rest } = await profile(s, ann)
      return { email_verified, email: rest.email }
    }
    for (const [path, body, status] of [
      ['/api/login', { email, password: PASSWORD }, 200],
      ['/api/account/step-up', { password: PASSWORD }, 200],
      ['/api/account/email/proof', {}, 202],
      ['/api/email/verify', { email, code: 'wrong!' }, 422],
      ['/api/account/email', { email: 'ann@new.example' }, 202],
      ['/api/account/email/confirm', { email: 'ann@new.example', code: 'wrong!' }, 422],
      ['/api/account/password', { old_password: PASSWORD, password: NEW_PASSWORD }, 204],
      ['/api/password/forgot', { email }, 202],
    ] as const) {
      assert.equal((await send(path, body)).status, status, path)
      assert.deepEqual(await shown(), { email_verified: false, email }, path)
    }
    assert.equal((await send('/api/account', { first_name: 'Ann' }, 'PATCH')).status, 200)
    assert.deepEqual(await shown(), { email_verified: false, email })
    const roles = await s.db.selectFrom('user_role').select('user_id').execute()
    assert.deepEqual(roles, [])
    // An address that was proved does not lend that to the next one.
    const { code } = await latest(s, 'ann@new.example', 'change-address')
    assert.equal((await send('/api/account/email/confirm', { email: 'ann@new.example', code })).status, 204)
    assert.deepEqual(await shown(), { email_verified: true, email: 'ann@new.example' })
  })
})
