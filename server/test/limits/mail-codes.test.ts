/** What guessing at the codes of mails comes to, code after code. NIST SP 800-63B-4 §3.2.2. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { enrolApp } from '../account/factors.ts'
import { expectAlike, expectNothing, expectSpoiled, latest, NEW_PASSWORD, submit } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { expectProblem, expectTokens, join, PASSWORD } from '../scenario.ts'
import type { Answer, TestServer } from '../start-server.ts'
import { type From, headersOf, logIn, startBehindGateway, startBehindProxy } from './attempts.ts'

const FREE_PER_ACCOUNT = 20
const FREE_PER_PAIR = 10
const ANN = 'ann@example.com'
const NOBODY = 'nobody@example.com'
const passwordless = { PASSWORDLESS: 'on' }
const browser = { 'sec-fetch-mode': 'cors' }
const attacker = (number: number) => ({ address: `203.0.113.${number}` })

const bearer = ({ access }: { access: string }) => ({ authorization: `Bearer ${access}` })
const proofs = [
  ['/api/email/verify', {}],
  ['/api/login/code/finish', {}],
  ['/api/password/reset', { password: NEW_PASSWORD }],
  ['/api/deletion/undo', {}],
] as const

/** A wrong code of an address, each time at another route. */
function guess(s: TestServer, email: string, turn: number, from: From = {}): Promise<Answer> {
  const [path, rest] = proofs[turn % proofs.length] ?? proofs[0]
  return s.post(path, { ...rest, email, code: 'wrong!' }, headersOf(from))
}

async function guessUp(s: TestServer, email: string, times: number, from: From = {}): Promise<void> {
  for (let turn = 0; turn < times; turn++) expectSpoiled(await guess(s, email, turn, from), 'wrong')
}

const show = (s: TestServer, proof: object, from: From = {}) =>
  s.post('/api/password/reset', { ...proof, password: NEW_PASSWORD }, headersOf(from))

async function recover(s: TestServer, email = ANN) {
  expectNothing(await s.post('/api/password/forgot', { email }), 202)
  return latest(s, email, 'recover-password')
}

for (const { kind, name } of databases()) {
  describe(`guessing at the codes of an address on ${name}`, () => {
    test('makes wait longer and longer, at every route, whether somebody has the address or not', async (t) => {
      const s = await startBehindGateway(t, kind, passwordless)
      await join(s, 'ann')
      for (const email of [ANN, NOBODY]) await guessUp(s, email, FREE_PER_ACCOUNT)
      for (const wait of [30, 60, 120]) {
        for (const turn of proofs.keys()) {
          const answers = [await guess(s, ANN, turn), await guess(s, NOBODY, turn)]
          for (const answer of answers) expectWait(answer, wait)
          expectAlike(answers)
        }
        await s.clock.advance(wait)
        for (const email of [ANN, NOBODY]) expectSpoiled(await guess(s, email, 0), 'wrong')
      }
    })

    test('keeps nobody out: the link of the same mail is good', async (t) => {
      const s = await startBehindGateway(t, kind, passwordless)
      await join(s, 'ann')
      const { code, token } = await recover(s)
      await guessUp(s, 'ANN@example.com', FREE_PER_ACCOUNT)
      expectWait(await show(s, { email: ANN, code }), 30)
      expectNothing(await show(s, { token }), 204)
      assert.equal((await logIn(s, ANN)).status, 401) // the password is the new one
    })

    test('of 50 guesses at once no more are judged than one after the other would be', async (t) => {
      const s = await startBehindGateway(t, kind)
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => s.post('/api/email/verify', { email: ANN, code: 'wrong!' })),
      )
      assert.equal(answers.filter(({ status }) => status === 422).length, FREE_PER_ACCOUNT)
      assert.equal(answers.filter(({ status }) => status === 429).length, 50 - FREE_PER_ACCOUNT)
    })

    test('a right code ends the row', async (t) => {
      const s = await startBehindGateway(t, kind, passwordless)
      const ann = await join(s, 'ann')
      for (let round = 0; round < 3; round++) {
        await s.clock.advance(601)
        await guessUp(s, ANN, FREE_PER_ACCOUNT - 1)
        expectNothing(await s.post('/api/login/code', { email: ANN }), 202)
        const { code } = await latest(s, ANN, 'sign-in')
        expectTokens(await s.post('/api/login/code/finish', { email: ANN, code }))
      }
      await guessUp(s, ANN, FREE_PER_ACCOUNT - 1)
      expectNothing(await s.post('/api/account/email/proof', {}, bearer(await again(s))), 202)
      const { code } = await latest(s, ANN, 'verify-address')
      expectNothing(await s.post('/api/email/verify', { email: ANN, code }), 204)
      await guessUp(s, ANN, FREE_PER_ACCOUNT)

      async function again(server: TestServer) {
        await server.clock.advance(1)
        expectNothing(await server.post('/api/login/code', { email: ann.email }), 202)
        const { token } = await latest(server, ann.email, 'sign-in')
        return expectTokens(await server.post('/api/login/code/finish', { token }))
      }
    })
  })
}

test('a code that is right and asks for a second factor ends the row too, and makes nobody known', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', passwordless)
  const ann = await join(s, 'ann')
  const proof = await latest(s, ANN, 'verify-address')
  expectNothing(await s.post('/api/email/verify', { token: proof.token }, bearer(ann)), 204)
  await enrolApp(s, ann)
  const from = { address: '198.51.100.9' }
  for (let round = 0; round < 3; round++) {
    await s.clock.advance(601)
    await guessUp(s, ANN, FREE_PER_PAIR - 1, from)
    expectNothing(await s.post('/api/login/code', { email: ANN }, headersOf(from)), 202)
    const { code } = await latest(s, ANN, 'sign-in')
    const half = await s.post('/api/login/code/finish', { email: ANN, code }, headersOf(from))
    expectProblem(half, 401, 'mfa-required')
  }
  const known = await s.db.selectFrom('rate_bucket').select('id').where('kind', '=', 'known').execute()
  assert.deepEqual(known, [])
})

test('one network uses up its own tries, not those of the address; where somebody signed in before they have their own', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', passwordless)
  await join(s, 'ann')
  const home = { address: '198.51.100.1' }
  const cookie = markOf(await logIn(s, ANN, { ...home, headers: browser }))
  const { code } = await recover(s)
  for (const number of [1, 2]) await guessUp(s, NOBODY, FREE_PER_PAIR, attacker(number))
  expectWait(await guess(s, NOBODY, 0, attacker(1)), 30)
  expectWait(await guess(s, NOBODY, 0, attacker(3)), 30)
  for (const number of [1, 2])
    await s.post('/api/email/verify', { email: ANN, code: 'wrong!' }, headersOf(attacker(number)))
  for (let turn = 0; turn < FREE_PER_ACCOUNT - 2; turn++)
    await s.post('/api/email/verify', { email: ANN, code: 'wrong!' }, headersOf(attacker(10 + turn)))
  expectWait(await show(s, { email: ANN, code }, attacker(99)), 30)
  // From home, and with the browser from elsewhere, ten each; known by signing in, whatever is attempted.
  await guessUpVerify(s, FREE_PER_PAIR, home)
  expectWait(await s.post('/api/email/verify', { email: ANN, code: 'wrong!' }, headersOf(home)), 30)
  expectNothing(await show(s, { email: ANN, code }, { ...attacker(98), cookie }), 204)
})

test('a code that signs in makes device and network known, as a password does', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', passwordless)
  await join(s, 'ann')
  expectNothing(await s.post('/api/login/code', { email: ANN }), 202)
  const { code } = await latest(s, ANN, 'sign-in')
  const from = headersOf({ address: '198.51.100.1', headers: browser })
  const cookie = markOf(await s.post('/api/login/code/finish', { email: ANN, code }, from))
  for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++)
    await s.post('/api/email/verify', { email: ANN, code: 'wrong!' }, headersOf(attacker(turn)))
  await s.clock.advance(29)
  const { code: next } = await recover(s)
  expectWait(await show(s, { email: ANN, code: next }, attacker(77)), 1)
  expectNothing(await show(s, { email: ANN, code: next }, { ...attacker(77), cookie }), 204)
})

test('whoever asks for an address that is not theirs has no more tries at its code, whatever they are signed in as', async (t) => {
  const s = await startBehindGateway(t)
  const eve = await join(s, 'eve')
  expectNothing(await s.post('/api/account/email', { email: ANN }, bearer(eve)), 202)
  for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++) {
    const who = turn % 5 ? eve : expectTokens(await logIn(s, eve.email))
    expectSpoiled(await s.post('/api/account/email/confirm', { email: ANN, code: 'wrong!' }, bearer(who)), 'wrong')
  }
  const { code, token } = await latest(s, ANN, 'change-address')
  expectWait(await s.post('/api/account/email/confirm', { email: ANN, code }, bearer(eve)), 30)
  assert.equal((await submit(s, 'change-address', { token, password: PASSWORD })).status, 200)
})

test('a patient guesser of one address has 100 codes in a row, and then one a day', async (t) => {
  const s = await startBehindGateway(t)
  const judgedAt: number[] = []
  const until = s.clock.seconds() + 8 * 86_400
  while (s.clock.seconds() < until) {
    const answer = await guess(s, ANN, 0)
    if (answer.status === 429) await s.clock.advance(Number(answer.headers['retry-after']))
    else judgedAt.push(s.clock.seconds())
  }
  const rest = judgedAt.slice(99)
  for (const [index, time] of rest.slice(1).entries()) assert.ok(time - (rest[index] ?? 0) >= 86_400)
  assert.ok(judgedAt.length < 110, `${judgedAt.length} guesses in eight days`)
})

async function guessUpVerify(s: TestServer, times: number, from: From): Promise<void> {
  for (let turn = 0; turn < times; turn++)
    expectSpoiled(await s.post('/api/email/verify', { email: ANN, code: 'wrong!' }, headersOf(from)), 'wrong')
}

function expectWait(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, 'too-many-requests')
  assert.equal(answer.headers['retry-after'], String(seconds))
}

/** The device mark of an answer, as a browser sends it back. */
function markOf({ status, headers }: Answer): string {
  assert.equal(status, 200)
  const [cookie = ''] = headers['set-cookie'] ?? []
  return cookie.split(';', 1)[0] ?? ''
}
