/** Who signed in before is not slowed down by what strangers try (OWASP ASVS 5.0 §6.1.1: no malicious lock-out). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases } from '../databases.ts'
import { expectTokens, paths, register } from '../scenario.ts'
import type { Answer } from '../start-server.ts'
import {
  expectThrottled,
  FAILURES_PER_ADDRESS,
  FREE_PER_ACCOUNT,
  FREE_PER_PAIR,
  guess,
  guessUp,
  logIn,
  startBehindGateway,
  startBehindProxy,
} from './attempts.ts'

const ANN = 'ann@example.com'
const BEA = 'bea@example.com'
const HOME = '198.51.100.1'
const ELSEWHERE = '192.0.2.1'
const browser = { 'sec-fetch-mode': 'cors' }
const attacker = (number: number) => `203.0.113.${number}`

for (const { kind, name } of databases()) {
  describe(`on ${name}`, () => {
    test('one network uses up its own attempts, not those of the account', async (t) => {
      const s = await startBehindProxy(t, kind)
      await register(s, { email: ANN })
      await guessUp(s, ANN, FREE_PER_PAIR, { address: attacker(1) })
      expectThrottled(await guess(s, ANN, { address: attacker(1) }), 30)
      assert.equal((await logIn(s, ANN, { address: HOME })).status, 200)
    })

    test('many networks together use up those of the account; where the owner signed in before nothing changes', async (t) => {
      const s = await startBehindProxy(t, kind)
      for (const email of [ANN, BEA]) await register(s, { email })
      expectTokens(await logIn(s, ANN, { address: HOME }))
      await useUpAccount(s)
      expectThrottled(await logIn(s, ANN, { address: ELSEWHERE }), 30)
      for (let turn = 0; turn < 3; turn++) expectTokens(await logIn(s, ANN, { address: HOME }))
      expectThrottled(await guess(s, ANN, { address: attacker(9) }), 30) // the owner's success is not theirs
    })

    test('a browser that signed in before is known wherever it is', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      const cookie = markOf(await logIn(s, ANN, { headers: browser }))
      await guessUp(s, ANN, FREE_PER_ACCOUNT)
      expectThrottled(await logIn(s, ANN), 30)
      const answer = await logIn(s, ANN, { cookie })
      assert.equal(answer.status, 200)
      assert.equal(markOf(answer), cookie)
    })

    test('a known device has attempts of its own, and waits of its own', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: ANN })
      const cookie = markOf(await logIn(s, ANN, { headers: browser }))
      await guessUp(s, ANN, FREE_PER_PAIR, { cookie })
      expectThrottled(await guess(s, ANN, { cookie }), 30)
      assert.equal((await logIn(s, ANN)).status, 200) // others are not slowed down by it either
      await s.clock.advance(30)
      assert.equal((await logIn(s, ANN, { cookie })).status, 200)
      await guessUp(s, ANN, FREE_PER_PAIR, { cookie })
    })
  })
}

test('a device is known to the accounts that signed in with it, and to no other', async (t) => {
  const s = await startBehindGateway(t)
  for (const email of [ANN, BEA]) await register(s, { email })
  const cookie = markOf(await logIn(s, BEA, { headers: browser }))
  await guessUp(s, ANN, FREE_PER_ACCOUNT, { cookie })
  expectThrottled(await guess(s, ANN, { cookie }), 30)
  expectThrottled(await logIn(s, ANN), 30)
})

test('a network of which somebody else signed in is known to nobody else', async (t) => {
  const s = await startBehindProxy(t)
  for (const email of [ANN, BEA]) await register(s, { email })
  await logIn(s, BEA, { address: attacker(1) })
  await useUpAccount(s)
  expectThrottled(await guess(s, ANN, { address: attacker(1) }), 30)
})

test('a made-up mark is none', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  const mark = markOf(await logIn(s, ANN, { headers: browser }))
  const [name, value = ''] = mark.split('=')
  const [id = '', signature = ''] = value.split('.')
  await guessUp(s, ANN, FREE_PER_ACCOUNT)
  const forged = [
    id,
    `${id}.`,
    `${id}.${'A'.repeat(43)}`,
    `${'0'.repeat(32)}.${signature}`,
    `${value}x`,
    value.toUpperCase(),
  ]
  for (const one of forged) expectThrottled(await logIn(s, ANN, { cookie: `${name}=${one}` }), 30)
  assert.equal((await logIn(s, ANN, { cookie: `other=1; ${mark}; last=2` })).status, 200)
})

test('the mark is a cookie for this host only, out of reach of scripts, and as long as browsers keep one', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  const [cookie = ''] = (await logIn(s, ANN, { headers: browser })).headers['set-cookie'] ?? []
  assert.match(
    cookie,
    /^__Host-device=[0-9a-f]{32}\.[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure$/,
  )
  const plain = await startBehindGateway(t, 'sqlite', { PUBLIC_URL: 'http://localhost:8000' })
  await register(plain, { email: ANN })
  const [other = ''] = (await logIn(plain, ANN, { headers: browser })).headers['set-cookie'] ?? []
  assert.match(other, /^device=[0-9a-f]{32}\.[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/)
})

test('programs get no cookie, nor does who is refused, nor any other endpoint', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  const { refresh } = expectTokens(await logIn(s, ANN))
  const answers = [
    await guess(s, ANN, { headers: browser }),
    await s.post(paths.register, { email: BEA, password: 'three red apples' }, browser),
    await s.post(paths.refresh, { refresh }, browser),
    await s.post(paths.verify, { token: refresh }, browser),
    await s.get('/readyz', browser),
  ]
  for (const { headers } of answers) assert.equal(headers['set-cookie'], undefined)
})

test('a network is known for 90 days after the last sign-in, a browser for 400', async (t) => {
  const s = await startBehindProxy(t)
  await register(s, { email: ANN })
  const cookie = markOf(await logIn(s, ANN, { address: HOME, headers: browser }))
  await s.clock.advance(91 * 86_400)
  await s.service.limits.purge()
  await useUpAccount(s)
  expectThrottled(await logIn(s, ANN, { address: HOME }), 30)
  assert.equal((await logIn(s, ANN, { address: ELSEWHERE, cookie })).status, 200)
  await s.clock.advance(401 * 86_400)
  await s.service.limits.purge()
  await useUpAccount(s)
  expectThrottled(await logIn(s, ANN, { address: '192.0.2.77', cookie }), 30)
})

test('guessing does not keep a network known', async (t) => {
  const s = await startBehindProxy(t)
  await register(s, { email: ANN })
  await logIn(s, ANN, { address: HOME })
  for (let month = 0; month < 3; month++) {
    await guess(s, ANN, { address: HOME })
    await s.clock.advance(31 * 86_400)
  }
  await useUpAccount(s)
  expectThrottled(await guess(s, ANN, { address: HOME }), 30)
})

test('a network with too many failures waits, but not for accounts that signed in there', async (t) => {
  const s = await startBehindProxy(t)
  await register(s, { email: ANN })
  await logIn(s, ANN, { address: HOME })
  const answers = []
  for (let turn = 0; turn < FAILURES_PER_ADDRESS + 5; turn++) {
    answers.push(await guess(s, `stranger${turn}@example.com`, { address: HOME }))
  }
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(refused.length, 6) // her own sign-in cost a tenth
  expectThrottled(refused[0] as Answer, 1)
  assert.equal((await logIn(s, ANN, { address: HOME })).status, 200)
  await s.clock.advance(1)
  assert.equal((await guess(s, 'one-more@example.com', { address: HOME })).status, 401)
})

/** Ten guesses from each of three networks: as many as the account has for strangers. */
async function useUpAccount(s: Parameters<typeof guess>[0]): Promise<void> {
  for (let number = 1; number <= FREE_PER_ACCOUNT / FREE_PER_PAIR; number++) {
    await guessUp(s, ANN, FREE_PER_PAIR, { address: attacker(100 + number) })
  }
}

/** The device mark of an answer, as a browser sends it back. */
function markOf({ status, headers }: Answer): string {
  assert.equal(status, 200)
  const [cookie = ''] = headers['set-cookie'] ?? []
  return cookie.split(';', 1)[0] ?? ''
}
