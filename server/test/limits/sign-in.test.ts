/** What guessing at one account comes to. NIST SP 800-63B-4 §3.2.2, OWASP ASVS 5.0 §6.3.1. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { latest } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { watchHashes } from '../hashes-at-once.ts'
import { expectProblem, expectTokens, expectWrongCredentials, PASSWORD, paths, refresh, register } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import {
  expectThrottled,
  FREE_PER_ACCOUNT,
  guess,
  guessUp,
  logIn,
  signUp,
  startBehindGateway,
  statusesOf,
} from './attempts.ts'

const ANN = 'ann@example.com'
const NOBODY = 'nobody@example.com'

for (const { kind, name } of databases()) {
  describe(`guessing at an account on ${name}`, () => {
    test('makes wait longer and longer, whether the account exists or not', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      for (const email of [ANN, NOBODY]) await guessUp(s, email, FREE_PER_ACCOUNT)
      for (const wait of [30, 60, 120]) {
        for (const email of [ANN, NOBODY]) expectThrottled(await guess(s, email), wait)
        await s.clock.advance(wait - 1)
        for (const email of [ANN, NOBODY]) expectThrottled(await guess(s, email), 1)
        await s.clock.advance(1)
        for (const email of [ANN, NOBODY]) expectWrongCredentials(await guess(s, email))
      }
    })

    test('the right password waits as a wrong one does, and is not looked at', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      await guessUp(s, ANN, FREE_PER_ACCOUNT)
      expectThrottled(await logIn(s, ANN), 30)
      const sessions = await s.db.selectFrom('session').select('id').execute()
      assert.deepEqual(sessions, [])
      await s.clock.advance(30)
      expectTokens(await logIn(s, ANN))
    })

    test('a success ends the row of failures', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      for (let round = 0; round < 3; round++) {
        await guessUp(s, ANN, FREE_PER_ACCOUNT - 1)
        expectTokens(await logIn(s, ANN))
      }
    })

    test('of 50 guesses at once no more are judged than one after the other would be', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      const answers = await Promise.all(Array.from({ length: 50 }, () => guess(s, ANN)))
      assert.deepEqual(statusesOf(answers), { 401: FREE_PER_ACCOUNT, 429: 50 - FREE_PER_ACCOUNT })
    })

    test('two servers on one database count together, and a restart forgets nothing', async (t) => {
      const one = await startBehindGateway(t, kind)
      await register(one, { email: ANN })
      const environment = { LIMITS: 'on' }
      const other = await startServer(t, { kind, url: one.url, environment, clock: one.clock })
      for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++) {
        expectWrongCredentials(await guess(turn % 2 ? one : other, ANN))
      }
      for (const s of [one, other]) expectThrottled(await guess(s, ANN), 30)
      const third = await startServer(t, { kind, url: one.url, environment, clock: one.clock })
      expectThrottled(await guess(third, ANN), 30)
    })

    test('the other account, and tokens that were given out, do not notice', async (t) => {
      const s = await startBehindGateway(t, kind)
      for (const email of [ANN, 'bea@example.com']) await register(s, { email })
      const tokens = expectTokens(await logIn(s, ANN))
      await guessUp(s, ANN, FREE_PER_ACCOUNT)
      expectThrottled(await guess(s, ANN), 30)
      expectTokens(await logIn(s, 'bea@example.com'))
      await refresh(s, tokens.refresh)
    })
  })
}

test('100 failures in a row, and then one attempt a day, while the guesser lets it be; and whoever reads the mails gets in while they go on', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  const judgedAt: number[] = []
  const until = s.clock.seconds() + 8 * 86_400
  while (s.clock.seconds() < until) {
    const answer = await guess(s, ANN)
    if (answer.status === 429) await s.clock.advance(Number(answer.headers['retry-after']))
    else judgedAt.push(s.clock.seconds())
  }
  const rest = judgedAt.slice(99)
  for (const [index, time] of rest.slice(1).entries()) assert.ok(time - (rest[index] ?? 0) >= 86_400)
  assert.ok(judgedAt.length < 110, `${judgedAt.length} guesses in eight days`)
  await s.clock.advance(86_400)
  await guess(s, ANN) // the guesser was first again
  expectThrottled(await logIn(s, ANN), 86_400)
  await s.post('/api/password/forgot', { email: ANN })
  const { code } = await latest(s, ANN, 'recover-password')
  const browser = { 'sec-fetch-mode': 'cors' }
  const proof = await s.post('/api/password/reset', { email: ANN, code, password: PASSWORD }, browser)
  const [cookie = ''] = proof.headers['set-cookie'] ?? []
  await guessUp(s, ANN, FREE_PER_ACCOUNT)
  expectThrottled(await logIn(s, ANN), 30)
  assert.equal((await logIn(s, ANN, { cookie })).status, 200)

  await s.clock.advance(86_400) // nobody was first
  expectTokens(await logIn(s, ANN))
  expectTokens(await logIn(s, ANN))
})

test('what nobody judged is not counted: while the hash queue is full, nobody makes it worse for the account', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', { HASH_QUEUE: '0' })
  await register(s, { email: ANN })
  let judged = 0
  for (let round = 0; round < 5; round++) {
    const statuses = statusesOf(await Promise.all(Array.from({ length: 20 }, () => guess(s, ANN))))
    judged += statuses[401] ?? 0
    assert.equal((statuses[401] ?? 0) + (statuses[503] ?? 0), 20)
  }
  assert.ok(judged >= 5 && judged < FREE_PER_ACCOUNT)
  await guessUp(s, ANN, FREE_PER_ACCOUNT - judged)
  expectThrottled(await guess(s, ANN), 30)
})

test('while the hash queue is full, nobody who comes is written down, or looked up', async (t) => {
  const long = { HASH_QUEUE: '0', ARGON2_MEMORY_KIB: '524288', ARGON2_PASSES: '4' }
  const s = await startBehindGateway(t, 'sqlite', long)
  const hashes = watchHashes()
  t.after(hashes.stop)
  const first = signUp(s, ANN)
  await eventually('a password is being hashed', () => hashes.peak() === 1)
  const before = await s.db.selectFrom('rate_bucket').selectAll().execute()
  expectProblem(await guess(s, NOBODY), 503, 'too-busy')
  expectProblem(await signUp(s, NOBODY), 503, 'too-busy')
  assert.deepEqual(await s.db.selectFrom('rate_bucket').selectAll().execute(), before)
  assert.equal((await first).status, 201)
})

test('a request that cannot be read costs nobody an attempt', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  for (let turn = 0; turn < 2 * FREE_PER_ACCOUNT; turn++) {
    assert.equal((await s.post(paths.login, { email: ANN })).status, 400)
  }
  expectTokens(await logIn(s, ANN))
})

test('of refresh, verify and logout nothing is counted: a token cannot be guessed', async (t) => {
  const s = await startBehindGateway(t)
  for (let turn = 0; turn < 150; turn++) {
    const answers = [
      s.post(paths.verify, { token: 'x.y.z' }),
      s.post(paths.refresh, { refresh: 'x.y.z' }),
      s.post(paths.logout, { refresh: 'x.y.z' }),
    ]
    for (const { status } of await Promise.all(answers)) assert.equal(status, 401)
  }
  assert.deepEqual(await s.db.selectFrom('rate_bucket').select('id').execute(), [])
})

test('the table tells nobody who was tried, nor from where', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', { TRUST_PROXY: '127.0.0.1' })
  await register(s, { email: ANN })
  await guess(s, ANN, { address: '203.0.113.7' })
  await logIn(s, ANN, { address: '203.0.113.8', headers: { 'sec-fetch-mode': 'cors' } })
  const rows = await s.db.selectFrom('rate_bucket').selectAll().execute()
  assert.ok(rows.length >= 5)
  for (const word of ['ann', 'example', '203.0.113']) assert.ok(!JSON.stringify(rows).includes(word), word)
})

test('forgotten rows go, those that still count stay', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', { TRUST_PROXY: '127.0.0.1' })
  await guessUp(s, ANN, 10, { address: '203.0.113.7' })
  await s.service.limits.purge()
  expectThrottled(await guess(s, ANN, { address: '203.0.113.7' }), 30)
  await s.clock.advance(29 * 86_400)
  await s.service.limits.purge()
  const kinds = async () => {
    const rows = await s.db.selectFrom('rate_bucket').select('kind').orderBy('kind').execute()
    return rows.map(({ kind }) => kind)
  }
  assert.deepEqual(await kinds(), ['account', 'pair'])
  await s.clock.advance(2 * 86_400)
  await s.service.limits.purge()
  assert.deepEqual(await kinds(), [])
})
