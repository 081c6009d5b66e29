import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mailsTo, notice } from '../account-by-mail/mail.ts'
import { codeAt } from '../code-app.ts'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectProblem, isGood, join, type Person } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import {
  anotherSession,
  bearer,
  CODES,
  enrolApp,
  enrolPasskey,
  expectStatus,
  factorEvents,
  get,
  NOWHERE,
  post,
  prove,
  remove,
  TOTP,
  type WithApp,
} from './factors.ts'

const AT_ONCE = 50
const nobody = { totp: null, recovery_codes_left: 0 }
const TIME = /^2026-11-23T1\d:\d\d:\d\d\.\d{3}Z$/

const begin = async (s: TestServer, who: Person) =>
  expectStatus(await post(s, `${TOTP}/enrolment`, {}, who), 201) as { secret: string; uri: string; expires_at: string }
const check = (s: TestServer, { id }: { id: number }, code: string) =>
  s.service.totp.check({ userId: id, code, origin: NOWHERE })
const spend = (s: TestServer, { id }: { id: number }, code: string) =>
  s.service.totp.spendRecoveryCode({ userId: id, code, origin: NOWHERE })
const codeNow = (s: TestServer, { secret }: { secret: string }) => codeAt(secret, s.clock.now())
const toldOf = async (s: TestServer, { email }: { email: string }) =>
  (await mailsTo(s, email))
    .map(({ message }) => message)
    .filter((message) => /factor|recovery-codes/.test(message))
    .sort()
const wrongCode = (code: string) => code.replace(/./g, (digit) => String((Number(digit) + 1) % 10))

/** A person whose app shows a code that was not used yet. */
async function withApp(s: TestServer, name = 'ann'): Promise<WithApp> {
  const person = await enrolApp(s, await join(s, name))
  await s.clock.advance(60)
  return person
}

describe('an app for codes', () => {
  for (const { kind, name } of databases()) {
    it(`is enrolled with the code that it shows, and told as an event (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      assert.deepEqual(expectStatus(await get(s, TOTP, ann), 200), nobody)
      const { secret, uri, expires_at } = await begin(s, ann)
      assert.match(secret, /^[A-Z2-7]{32}$/, '160 bits')
      assert.equal(
        uri,
        `otpauth://totp/SamurAI:ann%40example.com?secret=${secret}&issuer=SamurAI&algorithm=SHA1&digits=6&period=30`,
      )
      assert.equal(Date.parse(expires_at) - s.clock.now(), 600_000)
      assert.deepEqual(expectStatus(await get(s, TOTP, ann), 200), nobody, 'nothing is a factor yet')
      assert.equal(await s.service.totp.has(ann.id), false)

      const answer = await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, ann)
      const { recovery_codes: codes } = expectStatus(answer, 201) as { recovery_codes: string[] }
      assert.equal(new Set(codes).size, 10)
      const { totp, recovery_codes_left } = expectStatus(await get(s, TOTP, ann), 200) as Record<string, unknown>
      const { enrolled_at, ...rest } = totp as Record<string, unknown>
      assert.match(String(enrolled_at), TIME)
      assert.deepEqual([rest, recovery_codes_left], [{ last_used_at: null, is_disabled: false }, 10])
      assert.equal(await s.service.totp.has(ann.id), true)
      assert.deepEqual(await factorEvents(s, ann.id), ['factor.added totp', 'recovery-codes.made recovery-code'])
      assert.match((await notice(s, ann.email, 'factor-added')).text, /An authenticator app/)
      assert.deepEqual(await toldOf(s, ann), ['factor-added'], 'the codes came with it')
    })

    it(`asvs 6.5.1: a code is right once, also for ${AT_ONCE} at once, and the next one after it (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => check(s, ann, codeNow(s, ann))))
      assert.equal(answers.filter(({ kind: outcome }) => outcome === 'right').length, 1)
      assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'wrong' })
      await s.clock.advance(30)
      assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'right' })
    })

    it(`is disabled after 100 wrong codes in a row, however many come at once (NIST SP 800-63B-4 §3.2.2; ${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const wrong = wrongCode(codeNow(s, ann))
      const guesses = await Promise.all(Array.from({ length: 120 }, () => check(s, ann, wrong)))
      assert.equal(guesses.filter(({ kind: outcome }) => outcome === 'right').length, 0)
      assert.ok(guesses.filter(({ kind: outcome }) => outcome === 'wrong').length <= 100)
      assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'disabled' }, 'the right one, too')
      const { totp } = expectStatus(await get(s, TOTP, ann), 200) as { totp: { is_disabled: boolean } }
      assert.equal(totp.is_disabled, true)
      assert.equal(await s.service.totp.has(ann.id), true, 'nobody comes in without a second factor now')
      assert.equal((await factorEvents(s, ann.id)).filter((event) => event === 'factor.disabled totp').length, 1)
      assert.equal((await spend(s, ann, ann.recoveryCodes[0] ?? '')).kind, 'right', 'and the user has a way back')
      const told = (await mailsTo(s, ann.email)).filter(({ message }) => message === 'factor-disabled')
      assert.equal(told.length, 1, 'who is told by mail, once')
      assert.match(told[0]?.text ?? '', /An authenticator app/)
    })

    it(`CVE-2026-31875, CVE-2026-33624: a recovery code is used by one of ${AT_ONCE} at once, and then never again (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const [code = '', other = ''] = ann.recoveryCodes
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => spend(s, ann, code)))
      assert.deepEqual(
        answers.filter(({ kind: outcome }) => outcome === 'right'),
        [{ kind: 'right', left: 9 }],
      )
      assert.deepEqual(await spend(s, ann, code), { kind: 'wrong' })
      assert.deepEqual(await spend(s, ann, other.toLowerCase().replaceAll('-', ' ')), { kind: 'right', left: 8 })
      const uses = (await factorEvents(s, ann.id)).filter((event) => event === 'recovery-code.used')
      assert.equal(uses.length, 2)
    })

    it(`CVE-2026-34224: of ${AT_ONCE} confirmations at once one enrols (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { secret } = await begin(s, ann)
      const code = codeAt(secret, s.clock.now())
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(s, TOTP, { code }, ann)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(AT_ONCE - 1).fill(410)])
      assert.deepEqual(await factorEvents(s, ann.id), ['factor.added totp', 'recovery-codes.made recovery-code'])
    })

    it(`is removed with its recovery codes, and the other sessions end (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const phone = await anotherSession(s, ann)
      expectStatus(await remove(s, TOTP, ann), 204)
      assert.deepEqual([await isGood(s, phone.access), await isGood(s, ann.access)], [false, true])
      assert.deepEqual(expectStatus(await get(s, TOTP, ann), 200), nobody)
      assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'wrong' })
      assert.deepEqual(await spend(s, ann, ann.recoveryCodes[0] ?? ''), { kind: 'wrong' })
      assert.ok((await factorEvents(s, ann.id)).includes('factor.removed totp'))
      assert.match((await notice(s, ann.email, 'factor-removed')).text, /An authenticator app/)
      expectProblem(await remove(s, TOTP, ann), 404, 'not-found')
      assert.deepEqual(await toldOf(s, ann), ['factor-added', 'factor-removed'], 'once each')
    })

    it(`goes with an erased user (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const bob = await withApp(s, 'bob')
      await begin(s, ann)
      await s.service.lifecycle.erase(ann.id)
      const count = async (table: 'totp' | 'totp_enrolment' | 'recovery_code_set' | 'recovery_code') =>
        (await s.db.selectFrom(table).selectAll().execute()).length
      assert.deepEqual(
        [await count('totp'), await count('totp_enrolment'), await count('recovery_code_set')],
        [1, 0, 1],
      )
      assert.equal(await count('recovery_code'), 10)
      assert.equal((await check(s, bob, codeNow(s, bob))).kind, 'right')
    })
  }

  for (const { kind, name } of databases())
    it(`that is enrolled in the place of another one voids it, ends the other sessions, and leaves the recovery codes (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const phone = await anotherSession(s, ann)
      const { secret } = await begin(s, ann)
      assert.equal((await check(s, ann, codeNow(s, ann))).kind, 'right', 'the old one is right until then')
      const answer = await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, ann)
      assert.deepEqual(expectStatus(answer, 201), { recovery_codes: null })
      await s.clock.advance(60)
      assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'wrong' })
      assert.equal((await check(s, ann, codeAt(secret, s.clock.now()))).kind, 'right')
      assert.deepEqual([await isGood(s, phone.access), await isGood(s, ann.access)], [false, true])
      assert.equal((await spend(s, ann, ann.recoveryCodes[0] ?? '')).kind, 'right')
      assert.ok((await factorEvents(s, ann.id)).includes('factor.removed totp'))
      assert.deepEqual(await toldOf(s, ann), ['factor-added', 'factor-added', 'factor-removed'])
    })

  it('that is removed leaves what the old service gave out before it as it was with it: refused', async (t) => {
    const s = await startServer(t, { environment: { JWT_SECRET_KEY: OLD_KEY } })
    const person = await join(s, 'ann')
    const old = signOld(oldClaims(s, person.id, 'access'))
    assert.equal(await isGood(s, old), true)
    const ann = await enrolApp(s, person)
    assert.equal(await isGood(s, old), false)
    await s.clock.advance(1)
    expectStatus(await remove(s, TOTP, ann), 204)
    assert.deepEqual([await isGood(s, old), await isGood(s, ann.access)], [false, true])
    expectStatus(await post(s, `${TOTP}/enrolment`, {}, ann), 201)
  })

  it('that was begun leaves nothing behind when it has expired', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await begin(s, ann)
    await post(s, '/api/account/passkeys/enrolment', {}, ann)
    const purge = async () => [await s.service.totp.purge(), await s.service.passkeys.purge()]
    assert.deepEqual(await purge(), [0, 0])
    await s.clock.advance(601)
    assert.deepEqual(await purge(), [1, 1])
  })

  it('that was disabled is right again once it is enrolled anew', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    for (let count = 0; count < 100; count++) await check(s, ann, wrongCode(codeNow(s, ann)))
    assert.equal((await check(s, ann, codeNow(s, ann))).kind, 'disabled')
    await prove(s, ann, 'pwd', 'otp') // with a recovery code
    const again = await enrolApp(s, ann)
    await s.clock.advance(60)
    assert.equal((await check(s, ann, codeNow(s, again))).kind, 'right')
  })

  it('forgets 99 failures at a right code', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    for (const round of [1, 2]) {
      for (let count = 0; count < 99; count++) await check(s, ann, wrongCode(codeNow(s, ann)))
      assert.equal((await check(s, ann, codeNow(s, ann))).kind, 'right', `round ${round}`)
      await s.clock.advance(30)
    }
  })

  it('takes a code of the step before and after, and none further off (asvs 6.5.5)', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    const at = (seconds: number) => codeAt(ann.secret, s.clock.now() + seconds * 1000)
    for (const [seconds, outcome] of [
      [-60, 'wrong'],
      [60, 'wrong'],
      [-30, 'right'],
      [30, 'right'],
      [0, 'wrong'], // one of a later step was taken
    ] as const) {
      assert.equal((await check(s, ann, at(seconds))).kind, outcome, `${seconds} s`)
    }
  })

  it('confirms with a code that is used up by it', async (t) => {
    const s = await startServer(t)
    const ann = await enrolApp(s, await join(s, 'ann'))
    assert.deepEqual(await check(s, ann, codeNow(s, ann)), { kind: 'wrong' })
  })

  it('CVE-2026-32132: an enrolment that has expired is not finished, and a new one has another secret', async (t) => {
    const s = await startServer(t, { environment: { ACCESS_TOKEN_SECONDS: '3600' } })
    const ann = await join(s, 'ann')
    const { secret } = await begin(s, ann)
    await s.clock.advance(600)
    expectProblem(await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, ann), 410, 'enrolment-expired')
    await prove(s, ann, 'pwd')
    const again = await begin(s, ann)
    assert.notEqual(again.secret, secret)
    expectProblem(await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, ann), 422, 'totp-code-refused')
    await s.clock.advance(599)
    expectStatus(await post(s, TOTP, { code: codeAt(again.secret, s.clock.now()) }, ann), 201)
  })

  it('CVE-2026-37982: an enrolment is finished by the session that began it, once', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const phone = { ...ann, ...(await anotherSession(s, ann)) }
    const bob = await join(s, 'bob')
    const { secret } = await begin(s, ann)
    const code = codeAt(secret, s.clock.now())
    for (const who of [phone, bob]) expectProblem(await post(s, TOTP, { code }, who), 410, 'enrolment-expired')
    expectStatus(await post(s, TOTP, { code }, ann), 201)
    await s.clock.advance(30)
    expectProblem(await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, ann), 410, 'enrolment-expired')
  })

  it('is not enrolled with a wrong code, and may be tried again', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const { secret } = await begin(s, ann)
    const code = codeAt(secret, s.clock.now())
    for (const wrong of [wrongCode(code), 'abcdef', '0', `${code}0`]) {
      expectProblem(await post(s, TOTP, { code: wrong }, ann), 422, 'totp-code-refused')
    }
    assert.deepEqual(expectStatus(await get(s, TOTP, ann), 200), nobody)
    expectStatus(await post(s, TOTP, { code: `${code.slice(0, 3)} ${code.slice(3)}` }, ann), 201)
  })

  const faults: [title: string, body: unknown, status: number][] = [
    ['no code', {}, 400],
    ['a number', { code: 123456 }, 400],
    ['a list', { code: ['123456'] }, 400],
    ['an operator object (CVE-2026-32248)', { code: { $regex: '.' } }, 400],
    ['an empty text', { code: '' }, 400],
    ['a megabyte less a little', { code: '1'.repeat(60_000) }, 400],
  ]
  for (const [title, body, status] of faults) {
    it(`is told what is wrong with the body: ${title}`, async (t) => {
      const s = await startServer(t)
      const ann = await join(s, 'ann')
      expectProblem(await post(s, TOTP, body, ann), status, 'malformed-request')
    })
  }

  it('leaves neither secret nor recovery code in the database or the log', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    await check(s, ann, codeNow(s, ann))
    await spend(s, ann, ann.recoveryCodes[0] ?? '')
    const tables = ['totp', 'totp_enrolment', 'recovery_code_set', 'recovery_code', 'event', 'session'] as const
    const rows = await Promise.all(tables.map((table) => s.db.selectFrom(table).selectAll().execute()))
    const text = JSON.stringify(rows) + JSON.stringify(s.logs)
    for (const secret of [
      ann.secret,
      ...ann.recoveryCodes,
      ...ann.recoveryCodes.map((code) => code.replaceAll('-', '')),
    ])
      assert.ok(!text.includes(secret))
  })
})

describe('recovery codes', () => {
  for (const { kind, name } of databases())
    it(`that are made anew void the ones before, and the owner is told (asvs 6.3.7) (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const { recovery_codes: fresh } = expectStatus(await post(s, CODES, {}, ann), 201) as { recovery_codes: string[] }
      assert.equal(new Set([...fresh, ...ann.recoveryCodes]).size, 20)
      for (const code of ann.recoveryCodes) assert.deepEqual(await spend(s, ann, code), { kind: 'wrong' })
      assert.deepEqual(await spend(s, ann, fresh[0] ?? ''), { kind: 'right', left: 9 })
      const { text, html } = await notice(s, ann.email, 'recovery-codes-made')
      for (const code of fresh) assert.ok(!`${text}${html}`.includes(code))
      assert.deepEqual(await toldOf(s, ann), ['factor-added', 'recovery-codes-made'])
    })

  for (const { kind, name } of databases())
    it(`are for whoever has a second factor (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      expectProblem(await post(s, CODES, {}, ann), 409, 'second-factor-missing')
      await enrolPasskey(s, ann)
      expectStatus(await post(s, CODES, {}, ann), 201)
    })

  it('stay while a passkey is left', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    await enrolPasskey(s, ann)
    expectStatus(await remove(s, TOTP, ann), 204)
    assert.deepEqual(expectStatus(await get(s, TOTP, ann), 200), { totp: null, recovery_codes_left: 10 })
  })

  it("are their user's only", async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    const bob = await withApp(s, 'bob')
    const code = ann.recoveryCodes[0] ?? ''
    assert.deepEqual(await spend(s, bob, code), { kind: 'wrong' })
    assert.deepEqual(await spend(s, ann, code), { kind: 'right', left: 9 })
  })

  for (const nonsense of ['', '-', '0000-0000-0000-0000', 'x'.repeat(10_000), '😀'.repeat(16)]) {
    it(`are not ${JSON.stringify(nonsense.slice(0, 20))}`, async (t) => {
      const s = await startServer(t)
      assert.deepEqual(await spend(s, await withApp(s), nonsense), { kind: 'wrong' })
    })
  }
})

describe('SECRET_KEY', () => {
  it('can be replaced: codes stay right, and once all is sealed anew the old key may go', async (t) => {
    const [oldKey, newKey] = ['an old secret key, long enough for it', 'a new secret key, long enough for it']
    const first = await startServer(t, { environment: { SECRET_KEY: oldKey } })
    const ann = await withApp(first)
    const { url, clock } = first
    const both = await startServer(t, { url, clock, environment: { SECRET_KEY: newKey, SECRET_KEY_OTHER: oldKey } })
    assert.equal((await check(both, ann, codeNow(both, ann))).kind, 'right')
    await both.service.keys.sealAgain()
    assert.deepEqual([await both.service.totp.sealAgain(), await both.service.totp.sealAgain()], [2, 0])
    await first.clock.advance(30)
    const last = await startServer(t, { url, clock, environment: { SECRET_KEY: newKey } })
    assert.equal((await check(last, ann, codeNow(last, ann))).kind, 'right')
    assert.deepEqual(await spend(last, ann, ann.recoveryCodes[0] ?? ''), { kind: 'right', left: 9 })
  })
})

describe('a change of factors asks for a proof just before (asvs 7.5.1)', () => {
  const changes: [title: string, method: string, path: string][] = [
    ['to begin with an app', 'POST', `${TOTP}/enrolment`],
    ['to remove the app', 'DELETE', TOTP],
    ['to make recovery codes', 'POST', CODES],
    ['to begin with a passkey', 'POST', '/api/account/passkeys/enrolment'],
    ['to remove a passkey', 'DELETE', `/api/account/passkeys/${'0'.repeat(32)}`],
  ]
  const finishes: typeof changes = [
    ['to finish an app', 'POST', TOTP],
    ['to finish a passkey', 'POST', '/api/account/passkeys'],
  ]
  const ask = (s: TestServer, method: string, path: string, who: { access: string }) =>
    s.ask({ method, path, headers: bearer(who), ...(method === 'POST' && { body: {} }) })

  for (const [rows, seconds] of [
    [changes, 300],
    [finishes, 900],
  ] as const) {
    for (const [title, method, path] of rows) {
      it(`${title}, of at most ${seconds} seconds ago`, async (t) => {
        const s = await startServer(t)
        const ann = await join(s, 'ann')
        await s.clock.advance(seconds)
        assert.notEqual((await ask(s, method, path, ann)).status, 401)
        await s.clock.advance(1)
        const answer = await ask(s, method, path, ann)
        expectProblem(answer, 401, 'step-up-required')
        assert.match(answer.headers['www-authenticate'] ?? '', /insufficient_user_authentication.*max_age="?\d+/)
      })

      it(`GHSA-hp74-gm6m-2qm5: ${title}, of both factors where there are two`, async (t) => {
        const s = await startServer(t)
        const ann = await withApp(s)
        const fresh = await anotherSession(s, ann) // a password only
        const before = await s.db.selectFrom('totp').selectAll().execute()
        const answer = await ask(s, method, path, fresh)
        expectProblem(answer, 401, 'step-up-required')
        assert.match(answer.headers['www-authenticate'] ?? '', /acr_values="aal2"/)
        assert.deepEqual(await s.db.selectFrom('totp').selectAll().execute(), before)
        await prove(s, fresh, 'otp')
        assert.notEqual((await ask(s, method, path, fresh)).status, 401)
      })

      it(`GHSA-99h5-pjcv-gr6v: ${title}, needs an access token, whatever the body says`, async (t) => {
        const s = await startServer(t)
        const ann = await join(s, 'ann')
        const body = { user_id: ann.id, userId: ann.id, sub: String(ann.id) }
        expectProblem(await s.ask({ method, path, body }), 401, 'token-missing')
        assert.equal(claimsOf(ann.access).user_id, ann.id)
      })
    }
  }
})
