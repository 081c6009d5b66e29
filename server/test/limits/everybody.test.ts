/** What counts for everybody together, and who counts as one or as many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectTokens, register } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import {
  expectThrottled,
  FAILURES_PER_ADDRESS,
  guess,
  guessAtMany,
  logIn,
  signUp,
  startBehindGateway,
  startBehindProxy,
  statusesOf,
} from './attempts.ts'

const PER_MINUTE = 80
const LIMITS_GLOBAL_PER_MINUTE = String(PER_MINUTE)
const stranger = (turn: number) => `stranger${turn}@example.com`
const many = (count: number) => Array.from({ length: count }, (_, turn) => turn)

test('all strangers together have so many attempts a minute, and no more', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', { LIMITS_GLOBAL_PER_MINUTE })
  const { 401: judged = 0, 429: refused = 0 } = await guessAtMany(s, 300)
  assert.ok(judged <= PER_MINUTE && judged > PER_MINUTE * 0.8, `${judged} of 300 were judged`)
  assert.equal(judged + refused, 300)
  await s.clock.advance(60)
  assert.ok(((await guessAtMany(s, 300))[401] ?? 0) <= PER_MINUTE)
})

test('who is known signs in while strangers use up everything', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', { LIMITS_GLOBAL_PER_MINUTE })
  await register(s, { email: 'ann@example.com' })
  const home = { address: '198.51.100.1' }
  expectTokens(await logIn(s, 'ann@example.com', home))
  const attempts = many(300).map((turn) => guess(s, stranger(turn), { address: `203.0.113.${turn % 200}` }))
  assert.ok((statusesOf(await Promise.all(attempts))[429] ?? 0) > 200)
  for (let turn = 0; turn < 5; turn++) expectTokens(await logIn(s, 'ann@example.com', home))
})

test('registrations have as many again', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', { LIMITS_GLOBAL_PER_MINUTE })
  await guessAtMany(s, 150)
  const { 201: made = 0, 429: refused = 0 } = statusesOf(
    await Promise.all(many(300).map((turn) => signUp(s, stranger(turn)))),
  )
  assert.ok(made <= PER_MINUTE && made > PER_MINUTE * 0.8 && made + refused === 300, `${made} were made`)
})

test('the gateway stands for everybody: no number of failures through it keeps the next person out', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: 'ann@example.com' })
  assert.deepEqual(await guessAtMany(s, 2 * FAILURES_PER_ADDRESS), { 401: 2 * FAILURES_PER_ADDRESS })
  expectTokens(await logIn(s, 'ann@example.com'))
})

test('a gateway with a public address is named in LIMITS_SHARED_ADDRESSES', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', { LIMITS_SHARED_ADDRESSES: '203.0.113.0/28, 2001:db8::/32' })
  const [gateway, other] = [{ address: '::ffff:203.0.113.5' }, { address: '203.0.113.16' }]
  assert.deepEqual(await guessAtMany(s, FAILURES_PER_ADDRESS + 1, gateway), { 401: FAILURES_PER_ADDRESS + 1 })
  assert.deepEqual(await guessAtMany(s, FAILURES_PER_ADDRESS, other), { 401: FAILURES_PER_ADDRESS })
  expectThrottled(await guess(s, 'one@example.com', other), 10)
})

test('a private address that a trusted proxy names is one client, not many', async (t) => {
  const s = await startBehindProxy(t)
  const colleague = { address: '192.168.7.7' }
  assert.deepEqual(await guessAtMany(s, FAILURES_PER_ADDRESS, colleague), { 401: FAILURES_PER_ADDRESS })
  expectThrottled(await guess(s, 'one@example.com', colleague), 10)
})

test('LIMITS=off counts nothing', async (t) => {
  const s = await startServer(t, { environment: { LIMITS: 'off' } })
  for (let turn = 0; turn < 40; turn++) assert.equal((await guess(s, 'ann@example.com')).status, 401)
  assert.deepEqual(await s.db.selectFrom('rate_bucket').select('id').execute(), [])
})
