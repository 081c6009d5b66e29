/** Challenges: solved once, for one purpose, in time. Solved here as a browser would, with the library's own solver. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Challenge, type Payload, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { databases } from '../databases.ts'
import { expectJson, expectProblem, expectTokens, PASSWORD, paths, register } from '../scenario.ts'
import { type Answer, type Client, startServer } from '../start-server.ts'
import {
  expectThrottled,
  FREE_PER_ACCOUNT,
  guessUp,
  headersOf,
  logIn,
  signUp,
  startBehindGateway,
  startBehindProxy,
  statusesOf,
} from './attempts.ts'

const ANN = 'ann@example.com'
const HALF = FREE_PER_ACCOUNT / 2
const on = { CHALLENGE: 'proof-of-work' }

for (const { kind, name } of databases()) {
  describe(`when half of an account's attempts are used, on ${name}`, () => {
    test('a challenge must be solved, and each solution counts once, also of 50 at once', async (t) => {
      const s = await startBehindGateway(t, kind, on)
      await register(s, { email: ANN })
      await guessUp(s, ANN, HALF)
      expectDue(await logIn(s, ANN), 'sign-in', 'missing')
      const challenge = await solve(s, 'sign-in')
      const attempt = () => s.post(paths.login, { email: ANN, password: 'a wrong password', challenge })
      const answers = await Promise.all(Array.from({ length: 50 }, attempt))
      assert.deepEqual(statusesOf(answers), { 401: 1, 429: 49 })
      expectDue(await attempt(), 'sign-in', 'used')
      const another = await solve(s, 'sign-in')
      expectTokens(await s.post(paths.login, { email: ANN, password: PASSWORD, challenge: another }))
      expectTokens(await logIn(s, ANN)) // the row of failures has ended
    })
  })
}

test('known and unknown accounts are asked for one at the same count', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', on)
  await register(s, { email: ANN })
  for (const email of [ANN, 'nobody@example.com']) {
    await guessUp(s, email, HALF)
    expectDue(await logIn(s, email), 'sign-in', 'missing')
  }
})

test('a known device is never asked', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', on)
  await register(s, { email: ANN })
  const [set = ''] = (await logIn(s, ANN, { headers: { 'sec-fetch-mode': 'cors' } })).headers['set-cookie'] ?? []
  const cookie = set.split(';', 1)[0] ?? ''
  await guessUp(s, ANN, HALF)
  expectDue(await logIn(s, ANN), 'sign-in', 'missing')
  assert.equal((await logIn(s, ANN, { cookie })).status, 200)
})

test('who registers from one network again and again is asked', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', on)
  const from = { address: '198.51.100.1' }
  for (let turn = 0; turn < 10; turn++) assert.equal((await signUp(s, `p${turn}@example.com`, from)).status, 201)
  expectDue(await signUp(s, ANN, from), 'sign-up', 'missing')
  assert.equal((await signUp(s, 'elsewhere@example.com', { address: '198.51.100.2' })).status, 201)
  const fields = { email: ANN, password: PASSWORD, challenge: await solve(s, 'sign-up') }
  assert.equal((await s.post(paths.register, fields, headersOf(from))).status, 201)
})

test('a solution is bound to its purpose, expires, and cannot be made up', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', on)
  await register(s, { email: ANN })
  await guessUp(s, ANN, HALF)
  const send = (challenge: unknown) => s.post(paths.login, { email: ANN, password: PASSWORD, challenge })
  const good = await solve(s, 'sign-in')
  const payload = JSON.parse(Buffer.from(good, 'base64').toString()) as Payload
  const { challenge, solution } = payload
  const changed = (change: object) => encode({ challenge, solution, ...change })
  const wrong: [why: string, text: unknown][] = [
    ['of another purpose', await solve(s, 'sign-up')],
    ['not JSON', 'x'],
    ['a number', 7],
    ['not an object', encode(null)],
    ['empty', encode({})],
    ['with parameters of null', encode({ challenge: { parameters: null, signature: '' }, solution })],
    ['another counter and key', changed({ solution: { counter: 1, derivedKey: '00' } })],
    ['no solution', changed({ solution: undefined })],
    ['an easier challenge', changed({ challenge: { ...challenge, parameters: { ...challenge.parameters, cost: 1 } } })],
    ['no signature', changed({ challenge: { ...challenge, signature: '' } })],
    ['another signature', changed({ challenge: { ...challenge, signature: '0'.repeat(64) } })],
    ['a later end', changed({ challenge: withData(challenge, { purpose: 'sign-in', expires: 9e9 }) })],
    ['longer than any', encode({ challenge, solution, padding: 'x'.repeat(8_000) })],
    ['polluting', Buffer.from('{"challenge":{"__proto__":{},"parameters":{},"signature":"x"}}').toString('base64')],
  ]
  for (const [why, text] of wrong) {
    await t.test(why, async () => expectDue(await send(text), 'sign-in', 'wrong'))
  }
  for (const none of ['', undefined, null, {}, []]) expectDue(await send(none), 'sign-in', 'missing')
  await s.clock.advance(600)
  expectDue(await send(good), 'sign-in', 'expired')
  expectTokens(await send(await solve(s, 'sign-in')))
})

test('solving makes nobody exempt: the account has the attempts that it has', async (t) => {
  const easy = await startBehindGateway(t)
  await guessUp(easy, ANN, FREE_PER_ACCOUNT - 1)
  const environment = { LIMITS: 'on', ...on }
  const s = await startServer(t, { url: easy.url, clock: easy.clock, environment })
  const [first, second] = [await solve(s, 'sign-in'), await solve(s, 'sign-in')]
  const send = (challenge: string) => s.post(paths.login, { email: ANN, password: 'wrong', challenge })
  assert.equal((await send(first)).status, 401)
  expectThrottled(await send(second), 30)
  await s.clock.advance(30)
  assert.equal((await send(second)).status, 401) // it was not spent on being refused
})

test('a challenge is given for what there is, and not without end', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', on)
  for (const query of ['', '?purpose=', '?purpose=challenge', '?purpose=sign-in&purpose=sign-up']) {
    expectProblem(await s.get(`/api/challenge${query}`), 400, 'malformed-request')
  }
  const asked = await Promise.all(Array.from({ length: 100 }, () => s.get('/api/challenge?purpose=sign-in', from)))
  assert.deepEqual(statusesOf(asked), { 200: 100 })
  const refused = await s.get('/api/challenge?purpose=sign-in', from)
  expectProblem(refused, 429, 'too-many-requests')
  assert.equal(refused.headers['retry-after'], '1')
})

test('CVE-2026-7500: while challenges are off there are none, for whatever, and none is asked for', async (t) => {
  const s = await startBehindGateway(t)
  for (const purpose of ['sign-in', 'sign-up', 'mail'])
    expectProblem(await s.get(`/api/challenge?purpose=${purpose}`), 404, 'not-found')
  await register(s, { email: ANN })
  await guessUp(s, ANN, FREE_PER_ACCOUNT - 1)
  expectTokens(await logIn(s, ANN))
})

const from = { 'x-forwarded-for': '198.51.100.77' }

async function solve(s: Client, purpose: string): Promise<string> {
  const answer = await s.get(`/api/challenge?purpose=${purpose}`)
  assert.equal(answer.status, 200, answer.text)
  const challenge = answer.json as Challenge
  const solution = await solveChallenge({ challenge, deriveKey })
  assert.ok(solution)
  return encode({ challenge, solution })
}

function expectDue(answer: Answer, purpose: string, reason: string): void {
  expectJson(answer, 429, {
    detail: 'A challenge must be solved first.',
    code: 'challenge-required',
    reason,
    challenge: `/api/challenge?purpose=${purpose}`,
  })
}

function withData(challenge: Payload['challenge'], data: Record<string, string | number>): object {
  return { ...challenge, parameters: { ...challenge.parameters, data } }
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
