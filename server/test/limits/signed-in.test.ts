/** Who is signed in, or has a device that was, does what they came for, whatever strangers try at their account or have mailed to it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { enrolApp } from '../account/factors.ts'
import { expectNothing, latest, NEW_PASSWORD, submit } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { expectProblem, expectTokens, join, PASSWORD } from '../scenario.ts'
import { codeNow } from '../sign-in/half.ts'
import type { Answer, TestServer } from '../start-server.ts'
import { expectThrottled, FREE_PER_ACCOUNT, guess, guessUp, headersOf, logIn, startBehindGateway } from './attempts.ts'

const FREE_STEP_UPS = 10
const MAILS_AT_ONCE = 5
const browser = { 'sec-fetch-mode': 'cors' }

const bearer = ({ access }: { access: string }) => ({ authorization: `Bearer ${access}` })
const stepUp = (s: TestServer, who: { access: string }, proof: object = { password: PASSWORD }) =>
  s.post('/api/account/step-up', proof, bearer(who))
const changePassword = (s: TestServer, who: { access: string }, old_password = PASSWORD) =>
  s.post('/api/account/password', { old_password, password: NEW_PASSWORD }, bearer(who))
const deleteAccount = (s: TestServer, who: { access: string }) =>
  s.ask({ method: 'DELETE', path: '/api/account', headers: bearer(who) })
const proveAddress = (s: TestServer, who: { access: string }) => s.post('/api/account/email/proof', {}, bearer(who))
const forget = (s: TestServer, email: string) => s.post('/api/password/forgot', { email })

for (const { kind, name } of databases()) {
  describe(`on ${name}`, () => {
    test('while strangers guess, whoever is signed in proves again who they are, and changes the password', async (t) => {
      const s = await startBehindGateway(t, kind)
      const ann = await join(s, 'ann')
      await guessUp(s, ann.email, FREE_PER_ACCOUNT)
      expectThrottled(await logIn(s, ann.email), 30)
      const withApp = await enrolApp(s, ann)
      await s.clock.advance(30)
      await guessUp(s, ann.email, 1)
      for (const proof of [{ password: PASSWORD }, { code: codeNow(s, withApp) }])
        assert.equal((await stepUp(s, ann, proof)).status, 200)
      expectNothing(await changePassword(s, ann), 204)
    })

    test('while strangers have mails sent, whoever is signed in has one sent, and leaves', async (t) => {
      const s = await startBehindGateway(t, kind)
      const ann = await join(s, 'ann')
      for (let turn = 0; turn < MAILS_AT_ONCE; turn++) expectNothing(await forget(s, ann.email), 202)
      expectProblem(await forget(s, ann.email), 429, 'too-many-requests')
      expectNothing(await proveAddress(s, ann), 202)
      assert.equal((await deleteAccount(s, ann)).status, 202)
    })
  })
}

test('whoever found an open session guesses ten times, by whichever route and session, and then waits', async (t) => {
  const s = await startBehindGateway(t)
  const ann = await join(s, 'ann')
  const other = expectTokens(await logIn(s, ann.email))
  for (let turn = 0; turn < FREE_STEP_UPS; turn++) {
    const [who, ask] = [turn % 3 === 0 ? other : ann, turn % 2 === 0 ? stepUpWrongly : changeWrongly]
    expectProblem(await ask(s, who), 422, 'proof-refused')
  }
  for (const answer of [await stepUp(s, ann), await changePassword(s, other)]) expectWait(answer, 30)
  expectTokens(await logIn(s, ann.email)) // nor does that keep the owner out
  await s.clock.advance(30)
  assert.equal((await stepUp(s, ann)).status, 200)
  for (let turn = 0; turn < FREE_STEP_UPS; turn++) expectProblem(await stepUpWrongly(s, ann), 422, 'proof-refused')
})

test('who is signed in fills no box either: nobody is mailed more often than that by all sessions together', async (t) => {
  const s = await startBehindGateway(t)
  const ann = await join(s, 'ann')
  const other = expectTokens(await logIn(s, ann.email))
  for (let turn = 0; turn < MAILS_AT_ONCE; turn++) expectNothing(await proveAddress(s, turn % 2 ? ann : other), 202)
  expectWait(await proveAddress(s, ann), 900)
  expectWait(await deleteAccount(s, other), 900)
})

test('an address that is not theirs yet is mailed no more often than strangers may have it mailed', async (t) => {
  const s = await startBehindGateway(t)
  const ann = await join(s, 'ann')
  const change = () => s.post('/api/account/email', { email: 'bea@new.example' }, bearer(ann))
  for (let turn = 0; turn < MAILS_AT_ONCE; turn++) expectNothing(await change(), 202)
  expectWait(await change(), 300)
  expectProblem(await forget(s, 'bea@new.example'), 429, 'too-many-requests')
})

describe('a browser that signed in before is known', () => {
  async function guessedAt(s: TestServer) {
    const ann = await join(s, 'ann')
    const cookie = markOf(await logIn(s, ann.email, { headers: browser }))
    await guessUp(s, ann.email, FREE_PER_ACCOUNT)
    return { ann, cookie, ...(await latest(s, ann.email, 'verify-address')) }
  }

  test('where a password is typed beside a code', async (t) => {
    const s = await startBehindGateway(t)
    const { ann, cookie, code } = await guessedAt(s)
    const proof = { email: ann.email, code, password: PASSWORD }
    const prove = (from: object) => s.post('/api/email/verify', proof, headersOf(from))
    expectWait(await prove({}), 30)
    expectNothing(await prove({ cookie }), 204)
  })
})

describe('whoever has the link of a mail is no stranger', () => {
  for (const environment of [{}, { CHALLENGE: 'proof-of-work' }]) {
    test(`and types the password on its page while strangers guess; no page asks for a challenge ${JSON.stringify(environment)}`, async (t) => {
      const s = await startBehindGateway(t, 'sqlite', environment)
      const ann = await join(s, 'ann')
      expectNothing(await s.post('/api/account/email', { email: 'ann@new.example' }, bearer(ann)), 202)
      for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++) await guess(s, ann.email)
      assert.equal((await logIn(s, ann.email)).status, 429)
      const links = [
        ['verify-address', await latest(s, ann.email, 'verify-address')],
        ['change-address', await latest(s, 'ann@new.example', 'change-address')],
      ] as const
      for (const [page, { token }] of links)
        assert.equal((await submit(s, page, { token, password: PASSWORD })).status, 200, page)
    })
  }

  test('but guesses the password no more often than whoever found an open session', async (t) => {
    const s = await startBehindGateway(t)
    const ann = await join(s, 'ann')
    const { token } = await latest(s, ann.email, 'verify-address')
    const press = (password: string) => submit(s, 'verify-address', { token, password })
    for (let turn = 0; turn < FREE_STEP_UPS; turn++) assert.equal((await press('not this one')).status, 422)
    const { status, headers } = await press(PASSWORD)
    assert.deepEqual([status, headers['retry-after']], [429, '30'])
    expectWait(await stepUp(s, ann), 30)
    expectTokens(await logIn(s, ann.email))
  })
})

const stepUpWrongly = (s: TestServer, who: { access: string }) => stepUp(s, who, { password: 'not this one' })
const changeWrongly = (s: TestServer, who: { access: string }) => changePassword(s, who, 'not this one')

function expectWait(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, 'too-many-requests')
  assert.equal(answer.headers['retry-after'], String(seconds))
}

/** The device mark of an answer, as a browser sends it back. */
function markOf({ headers }: Answer): string {
  const [cookie = ''] = headers['set-cookie'] ?? []
  return cookie.split(';', 1)[0] ?? ''
}
