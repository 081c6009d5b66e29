import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { anotherSession, ORIGIN, PASSKEYS, post, remove, TOTP, type WithApp } from '../account/factors.ts'
import { createAuthenticator } from '../authenticator.ts'
import { databases } from '../databases.ts'
import {
  claimsOf,
  countRows,
  expectJson,
  expectProblem,
  expectTokens,
  isGood,
  join,
  PASSWORD,
  signIn,
} from '../scenario.ts'
import { type Answer, type Client, startServer, type TestServer } from '../start-server.ts'
import { codeNow, expectCoded, finish, halfSignIn, logIn, MFA, withApp, withPasskey, wrongCode } from './half.ts'

const AT_ONCE = 50

const eventsOf = async ({ db }: TestServer, userId: number): Promise<string[]> => {
  const rows = await db.selectFrom('event').select(['type', 'reason']).where('user_id', '=', userId).execute()
  return rows
    .filter(({ type }) => type.startsWith('sign-in.'))
    .map(({ type, reason }) => `${type} ${reason ?? ''}`.trim())
    .sort()
}

describe('a login of somebody with a second factor', () => {
  for (const { kind, name } of databases()) {
    it(`CVE-2025-64103: is half done with the password, and finished with a code of the app (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const before = await countRows(s)
      const half = await halfSignIn(s, ann)
      assert.deepEqual(half.methods, ['totp', 'recovery_code'])
      assert.deepEqual(await countRows(s), before, 'no session was opened')
      expectCoded(await finish(s, half, { code: wrongCode(codeNow(s, ann)) }), 'second_factor_refused')

      const { access } = expectTokens(await finish(s, half, { code: codeNow(s, ann) }))
      const { amr, acr, user_id } = claimsOf(access)
      assert.deepEqual({ amr, acr, user_id }, { amr: ['pwd', 'otp'], acr: 'aal2', user_id: ann.id })
      assert.equal(await isGood(s, access), true)
      assert.deepEqual(await eventsOf(s, ann.id), [
        'sign-in.failed second-factor:totp',
        'sign-in.succeeded',
        'sign-in.succeeded',
      ])
    })

    it(`is finished with a recovery code, once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const [code = ''] = ann.recoveryCodes
      expectTokens(await finish(s, await halfSignIn(s, ann), { code }))
      expectCoded(await finish(s, await halfSignIn(s, ann), { code }), 'second_factor_refused')
      expectCoded(await finish(s, await halfSignIn(s, ann), { code, method: 'totp' }), 'second_factor_refused')
    })

    it(`is finished with a passkey, whose challenge was issued for this very sign-in (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const half = await halfSignIn(s, ann)
      assert.deepEqual(half.methods, ['passkey'])
      const start = async ({ mfaToken }: typeof half) =>
        (await s.post('/api/login/mfa/passkey', { mfa_token: mfaToken })).json as { challenge: string }
      const another = ann.authenticator.get(await start(await halfSignIn(s, ann)))
      expectCoded(await finish(s, half, { credential: another }), 'second_factor_refused')
      const foreign = createAuthenticator(ORIGIN)
      foreign.keys.push(...(await withPasskey(s, 'bob')).authenticator.keys)
      expectCoded(await finish(s, half, { credential: foreign.get(await start(half)) }), 'second_factor_refused')

      const credential = ann.authenticator.get(await start(half))
      const { access } = expectTokens(await finish(s, half, { credential }))
      assert.deepEqual(claimsOf(access).amr, ['pwd', 'swk', 'user', 'mfa'])
      expectCoded(await finish(s, half, { credential }), 'mfa_token_refused')
    })

    it(`of ${AT_ONCE} right answers at once one opens a session (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const half = await halfSignIn(s, ann)
      const before = await countRows(s)
      const codes = [codeNow(s, ann), ...ann.recoveryCodes.slice(0, 4)]
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) => finish(s, half, { code: codes[turn % codes.length] })),
      )
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal((await countRows(s)).session, before.session + 1)
    })

    it(`has five tries, however many come at once, and then begins anew (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const half = await halfSignIn(s, ann)
      const code = wrongCode(codeNow(s, ann))
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => finish(s, half, { code })))
      const codeOf = ({ json }: (typeof answers)[number]) => (json as { code: string }).code
      assert.equal(answers.filter((answer) => codeOf(answer) === 'second_factor_refused').length, 5)
      expectCoded(await finish(s, half, { code: codeNow(s, ann) }), 'mfa_token_refused')
      expectTokens(await finish(s, await halfSignIn(s, ann), { code: codeNow(s, ann) }))
    })

    it(`ends with a disabling, with the end of all sessions, and after ten minutes (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const late = await halfSignIn(s, ann)
      await s.clock.advance(601)
      expectCoded(await finish(s, late, { code: codeNow(s, ann) }), 'mfa_token_refused')
      await s.clock.advance(30)

      const ended = await halfSignIn(s, ann)
      await s.clock.advance(1)
      await s.service.lifecycle.endSessions(ann.id)
      expectCoded(await finish(s, ended, { code: codeNow(s, ann) }), 'mfa_token_refused')
      await s.clock.advance(30)

      const disabled = await halfSignIn(s, ann)
      await s.service.lifecycle.disable(ann.id)
      expectCoded(await finish(s, disabled, { code: codeNow(s, ann) }), 'mfa_token_refused')
      expectJson(await logIn(s, ann), 401, { detail: 'Invalid credentials' })
    })

    it(`is whole with the password once the last factor is removed, and half again with a new one (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const tokens = expectTokens(await finish(s, await halfSignIn(s, ann), { code: codeNow(s, ann) }))
      assert.equal((await remove(s, TOTP, tokens)).status, 204)
      const plain = await signIn(s, ann.email)
      assert.deepEqual(claimsOf(plain.access).amr, ['pwd'])
      await withPasskey(s, 'bob')
      assert.deepEqual((await halfSignIn(s, { email: 'bob@example.com' })).methods, ['passkey'])
    })
  }

  it('answers each address of the second half alike, in the words of the old service', async (t) => {
    const s = await startServer(t)
    const required = ['This field is required.']
    for (const path of ['/api/login/mfa', '/api/login/mfa/', '/api/accounts/login/mfa', MFA]) {
      expectJson(await s.post(path, {}), 400, { mfa_token: required })
      expectJson(await s.post(path, { mfa_token: 'x' }), 400, { code: required })
      expectJson(await s.post(path, { mfa_token: 'x', method: 'passkey' }), 400, { credential: required })
      expectJson(await s.post(path, { mfa_token: 'x', method: 'sms', code: '1' }), 400, {
        method: ['"sms" is not a valid choice.'],
      })
      expectCoded(await s.post(path, { mfa_token: 'x', code: '123456' }), 'mfa_token_refused')
      assert.equal((await s.ask({ method: 'GET', path })).status, 405)
    }
    expectProblem(await s.post('/api/login/mfa/passkey', { mfa_token: 'x' }), 401, 'mfa-token-refused')
  })

  it('CVE-2026-49448: is finished by no empty, half or strange body', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    const { mfaToken: mfa_token } = await halfSignIn(s, ann)
    const { session } = await countRows(s)
    const code = codeNow(s, ann)
    const strange: unknown[] = [
      '',
      '{}',
      { mfa_token },
      { mfa_token, code: '' },
      { mfa_token, code: null },
      { mfa_token, code: [code] },
      { mfa_token, code: { $ne: '' } },
      { mfa_token, method: 'totp' },
      { mfa_token, credential: {} },
      { mfa_token, credential: null },
      { mfa_token, method: 'password', code },
      { code },
      { mfa_token: '', code },
      { mfa_token: { $ne: '' }, code },
    ]
    for (const body of strange) {
      const { status } = await s.post(MFA, body)
      assert.ok(status === 400 || status === 401, JSON.stringify(body))
    }
    assert.equal((await countRows(s)).session, session)
  })

  it('says nothing about the factors of somebody whose password is wrong', async (t) => {
    const s = await startServer(t)
    const ann = await withApp(s)
    const wrong = { email: ann.email, password: 'a wrong password' }
    expectJson(await s.post('/api/login', wrong), 401, { detail: 'Invalid credentials' })
  })

  it('is asked of a passkey of before too, when the relying party id came back', async (t) => {
    const first = await startServer(t)
    const ann = await withPasskey(first)
    const moved = await startServer(t, { url: first.url, environment: { PUBLIC_URL: 'https://elsewhere.example' } })
    const { access } = await signIn(moved, ann.email)
    assert.deepEqual(claimsOf(access).amr, ['pwd'], 'a passkey of another domain can be used by nobody here')
    assert.deepEqual((await halfSignIn(first, ann)).methods, ['passkey'])
  })
})

describe('guesses at a second factor', () => {
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const start = (t: Parameters<typeof startServer>[0]) =>
    startServer(t, { environment: { LIMITS: 'on', TRUST_PROXY: '127.0.0.1', HASH_QUEUE: '1000' } })

  async function guessUntilThrottled(s: TestServer, ann: { email: string; secret: string }, headers: object) {
    for (let turn = 1; turn < 40; turn++) {
      const login = await logIn(s as Client, ann, headers)
      if (login.status === 429) return turn
      const half = { mfaToken: (login.json as { mfa_token: string }).mfa_token, methods: [] }
      const answer = await finish(s, half, { code: wrongCode(codeNow(s, ann)) }, headers)
      if (answer.status === 429) return turn
    }
    return Number.POSITIVE_INFINITY
  }

  it('wait as guesses at the password do, although the password is right each time', async (t) => {
    const s = await start(t)
    const ann = await withApp(s)
    assert.ok((await guessUntilThrottled(s, ann, from('198.51.100.7'))) <= 6, 'from one network')
  })

  const knownNetworks = async (s: TestServer) =>
    (await s.db.selectFrom('rate_bucket').select('id').where('kind', '=', 'known').execute()).length

  /** What whoever knows the password does between two guesses, to begin the count anew. */
  async function guessBetween(s: TestServer, ann: WithApp, between: () => Promise<Answer>): Promise<number> {
    const stranger = from('198.51.100.9')
    const known = await knownNetworks(s)
    for (let guesses = 0; guesses < 40; guesses++) {
      const login = await logIn(s, ann, stranger)
      if (login.status === 429) return guesses
      const half = { mfaToken: (login.json as { mfa_token: string }).mfa_token, methods: [] }
      if ((await finish(s, half, { code: wrongCode(codeNow(s, ann)) }, stranger)).status === 429) return guesses
      await between()
      assert.equal(await knownNetworks(s), known, 'the network of a stranger is not known')
    }
    return Number.POSITIVE_INFINITY
  }

  it('are not forgotten for the password beside a code for the address that is wrong', async (t) => {
    const s = await start(t)
    const ann = await withApp(s)
    const body = { email: ann.email, code: 'wrong!', password: ann.password }
    const verify = () => s.post('/api/email/verify', body, from('198.51.100.9'))
    assert.ok((await guessBetween(s, ann, verify)) <= 6)
  })

  it('are not forgotten for the password in an open session, neither at a step-up nor at a change', async (t) => {
    const s = await start(t)
    for (const [name, path, body] of [
      ['ann', '/api/account/step-up', () => ({ password: PASSWORD })],
      ['bob', '/api/account/password', changes()],
    ] as const) {
      const person = await withApp(s, name)
      const { access } = expectTokens(await finish(s, await halfSignIn(s, person), { code: codeNow(s, person) }))
      const headers = { ...from('198.51.100.9'), authorization: `Bearer ${access}` }
      const between = async () => {
        const answer = await s.post(path, body(), headers)
        assert.ok([200, 204, 429].includes(answer.status), answer.text)
        return answer
      }
      assert.ok((await guessBetween(s, person, between)) <= 6, path)
    }
  })

  /** The password stays the same one; each change is one. */
  const changes = () => () => ({ old_password: PASSWORD, password: PASSWORD })

  it('alone are what a password is not enough for: where there is none, each right one is forgotten', async (t) => {
    const s = await start(t)
    const ann = await join(s, 'ann')
    const headers = { ...from('198.51.100.9'), authorization: `Bearer ${ann.access}` }
    for (let turn = 0; turn < 15; turn++)
      assert.equal((await s.post('/api/account/step-up', { password: PASSWORD }, headers)).status, 200)
  })

  it('are forgotten by the right one', async (t) => {
    const s = await start(t)
    const ann = await withApp(s)
    const home = from('198.51.100.8')
    for (let turn = 0; turn < 12; turn++) {
      expectTokens(await finish(s, await halfSignIn(s, ann, home), { code: codeNow(s, ann) }, home))
      await s.clock.advance(30)
    }
  })
})

describe('a step-up', () => {
  const stepUp = (s: TestServer, proof: object, who: { access: string }) => post(s, '/api/account/step-up', proof, who)
  const startPasskey = async (s: TestServer, who: { access: string }) =>
    (await post(s, '/api/account/step-up/passkey', {}, who)).json as { challenge: string }

  for (const { kind, name } of databases()) {
    it(`makes a session fresh and strong for the same access token (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const tokens = expectTokens(await finish(s, await halfSignIn(s, ann), { code: codeNow(s, ann) }))
      await s.clock.advance(400)
      expectProblem(await remove(s, TOTP, tokens), 401, 'step-up-required')
      expectProblem(await stepUp(s, { password: 'wrong' }, tokens), 422, 'proof-refused')
      const weak = await stepUp(s, { password: ann.password }, tokens)
      assert.equal((weak.json as { acr: string }).acr, 'aal2', 'no weaker than before')
      expectProblem(await remove(s, TOTP, tokens), 401, 'step-up-required')
      const code = codeNow(s, ann)
      const raised = await stepUp(s, { code }, tokens)
      assert.equal(raised.status, 200, raised.text)
      expectProblem(await stepUp(s, { code }, tokens), 422, 'proof-refused')
    })

    it(`is made with a recovery code, once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const password = await anotherSession(s, ann)
      expectProblem(await remove(s, TOTP, password), 401, 'step-up-required')
      const [code = ''] = ann.recoveryCodes
      expectProblem(await stepUp(s, { recovery_code: `${code.slice(0, -1)}-` }, password), 422, 'proof-refused')
      expectRaised(await stepUp(s, { recovery_code: code }, password), ['pwd', 'otp'])
      expectProblem(await stepUp(s, { recovery_code: code }, password), 422, 'proof-refused')
      expectCoded(await finish(s, await halfSignIn(s, ann), { code }), 'second_factor_refused')
      assert.equal((await remove(s, TOTP, password)).status, 204)
    })

    it(`is made with a passkey, whose challenge was issued for this very session, by one of ${AT_ONCE} (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const [here, elsewhere] = [await anotherSession(s, ann), await anotherSession(s, ann)]
      const credential = ann.authenticator.get(await startPasskey(s, here))
      expectProblem(await stepUp(s, { credential }, elsewhere), 422, 'proof-refused')
      const next = ann.authenticator.get(await startPasskey(s, here))
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => stepUp(s, { credential: next }, here)))
      const [raised, ...others] = answers.filter(({ status }) => status === 200)
      expectRaised(raised, ['pwd', 'swk', 'user', 'mfa'])
      assert.equal(others.length, 0)
      assert.equal((await remove(s, `${PASSKEYS}/${ann.passkey.id}`, here)).status, 204)
    })
  }

  function expectRaised(answer: Answer | undefined, amr: string[]): void {
    assert.ok(answer)
    assert.equal(answer.status, 200, answer.text)
    const { acr, amr: proven } = answer.json as { acr: string; amr: string[] }
    assert.deepEqual([acr, [...proven].sort()], ['aal2', [...amr].sort()])
  }
})

describe('what is right once, at every route that takes it at once', () => {
  for (const { kind, name } of databases()) {
    it(`CVE-2026-34224, CVE-2026-43930: of ${AT_ONCE} sign-ins and step-ups one takes a code of the app, and one a recovery code (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withApp(s)
      const session = await anotherSession(s, ann)
      for (const [code, field] of [
        [codeNow(s, ann), 'code'],
        [ann.recoveryCodes[0] ?? '', 'recovery_code'],
      ] as const) {
        const halves = await Promise.all(Array.from({ length: AT_ONCE / 2 }, () => halfSignIn(s, ann)))
        const before = await countRows(s)
        const answers = await Promise.all(
          halves.flatMap((half) => [
            finish(s, half, { code }),
            post(s, '/api/account/step-up', { [field]: code }, session),
          ]),
        )
        const counts = Object.groupBy(answers, ({ status }) => status)
        assert.equal(counts[200]?.length, 1, field)
        assert.equal((counts[401]?.length ?? 0) + (counts[422]?.length ?? 0), AT_ONCE - 1, field)
        const opened = answers.filter(({ status, text }) => status === 200 && text.includes('"refresh"')).length
        assert.equal((await countRows(s)).session, before.session + opened)
      }
    })

    it(`of ${AT_ONCE} answers of a passkey to the challenge of one sign-in one opens a session (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const halves = [await halfSignIn(s, ann), await halfSignIn(s, ann)] as const
      const options = await s.post('/api/login/mfa/passkey', { mfa_token: halves[0].mfaToken })
      const credential = ann.authenticator.get(options.json as { challenge: string })
      const before = await countRows(s)
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, turn) => finish(s, halves[turn % 2 ? 1 : 0], { credential })),
      )
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal((await countRows(s)).session, before.session + 1)
    })
  }
})
