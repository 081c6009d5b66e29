/** Failures of limits elsewhere, each by its id: they must not happen here. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expectTokens, PASSWORD, paths, register } from '../scenario.ts'
import type { Answer, Client, TestServer } from '../start-server.ts'
import {
  expectThrottled,
  FREE_PER_ACCOUNT,
  FREE_PER_PAIR,
  guess,
  guessUp,
  headersOf,
  logIn,
  startBehindGateway,
  startBehindProxy,
} from './attempts.ts'

const ANN = 'ann@example.com'
const HOME = '198.51.100.1'
const body = { email: ANN, password: 'a wrong password' }

// better-auth: the key was the text of the leftmost address in X-Forwarded-For.
describe('CVE-2026-45364', () => {
  test('all spellings of an address, and all addresses of a /64, have one bucket', async (t) => {
    const s = await startBehindProxy(t)
    const spelled = [
      ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7', '::ffff:cb00:7107', '0:0:0:0:0:ffff:cb00:7107'],
      ['2001:db8:0:1::1', '2001:DB8:0:1::1', '2001:0db8:0000:0001::1', '2001:db8:0:1:ffff:ffff:ffff:ffff'],
    ]
    for (const [index, spellings] of spelled.entries()) {
      const email = `victim${index}@example.com`
      for (let turn = 0; turn < FREE_PER_PAIR; turn++) {
        await guessUp(s, email, 1, { address: spellings[turn % spellings.length] ?? '' })
      }
      for (const address of spellings) expectThrottled(await guess(s, email, { address }), 30)
    }
  })

  test('what a client writes in front of its own address changes nothing', async (t) => {
    const s = await startBehindProxy(t)
    for (let turn = 0; turn < FREE_PER_PAIR; turn++) {
      await guessUp(s, ANN, 1, { address: `192.0.2.${turn}, 203.0.113.7` })
    }
    expectThrottled(await guess(s, ANN, { address: '192.0.2.99, 203.0.113.7' }), 30)
    assert.equal((await guess(s, ANN, { address: '203.0.113.7, 192.0.2.99' })).status, 401)
  })
})

// authentik: X-Forwarded-For and X-Real-IP were believed from anyone. fastify: from whoever counted as the right hop.
describe('CVE-2023-36456, CVE-2026-16732', () => {
  const cases: [name: string, trustProxy: string][] = [
    ['from anybody', ''],
    ['from a peer that is not on the list', '10.0.0.0/8'],
  ]
  for (const [name, TRUST_PROXY] of cases) {
    test(`no header says where a request comes from: ${name}`, async (t) => {
      const s = await startBehindGateway(t, 'sqlite', { TRUST_PROXY })
      await register(s, { email: ANN })
      for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++) await guessUp(s, ANN, 1, { headers: forgedHeaders(turn) })
      expectThrottled(await guess(s, ANN, { headers: forgedHeaders(77) }), 30)
      const rows = await s.db.selectFrom('rate_bucket').select('kind').distinct().orderBy('kind').execute()
      assert.deepEqual(
        rows.map(({ kind }) => kind),
        ['account', 'global'], // no address was counted, and none is known
      )
    })
  }

  test('nobody borrows the address from which the owner signed in before', async (t) => {
    const s = await startBehindProxy(t)
    await register(s, { email: ANN })
    expectTokens(await logIn(s, ANN, { address: HOME }))
    for (let network = 1; network <= FREE_PER_ACCOUNT / FREE_PER_PAIR; network++) {
      await guessUp(s, ANN, FREE_PER_PAIR, { address: `203.0.113.${network}` })
    }
    expectThrottled(await guess(s, ANN, { address: `${HOME}, 203.0.113.9`, headers: { 'x-real-ip': HOME } }), 30)
    assert.equal((await logIn(s, ANN, { address: HOME })).status, 200)
  })
})

// authentik, CVE-2024-47070: a header that could not be read made a step of the login fall away.
test('CVE-2024-47070: an address that cannot be read is limited like any other', async (t) => {
  const s = await startBehindProxy(t)
  const unreadable = ['a', '1.2.3', '::ffff:1.2.3.4.5', "'; drop table rate_bucket; --", '203.0.113.7 8', 'ünicode']
  for (let turn = 0; turn < FREE_PER_PAIR; turn++) {
    await guessUp(s, ANN, 1, { address: latin1(unreadable[turn % unreadable.length] ?? '') })
  }
  for (const address of unreadable) expectThrottled(await guess(s, ANN, { address: latin1(address) }), 30)
})

// better-auth: //sign-in/email was the same route, with another key. Strapi: so were other cases and a trailing slash.
describe('GHSA-x732-6j76-qmhm, CVE-2023-38507', () => {
  const spellings = [
    '/api/login',
    '/api/login/',
    '/api/accounts/login',
    '/api/accounts/login/',
    '//api/login',
    '/api//login',
    '/api/login//',
    '/API/LOGIN',
    '/api/Login',
    '/%61pi/login',
    '/api/%6Cogin',
    '/api/login%2f',
    '/api/login;x=1',
    '/api/login/;x',
    '/./api/login',
    '/api/./login',
    '/api/x/../login',
    '/api/login?x=1',
    '/api/login?',
    '/api/login#x',
    '/api/login%20',
    '/api\\login',
  ]
  test('every way to write the path is the same limit, or no path at all', async (t) => {
    const s = await startBehindGateway(t)
    await register(s, { email: ANN })
    const isRoute = await Promise.all(
      spellings.map(async (path) => (await s.post(path, { email: 'x@example.com', password: 'y' })).status === 401),
    )
    assert.ok(isRoute.filter(Boolean).length >= 6)
    await guessUp(s, ANN, FREE_PER_ACCOUNT)
    for (const [index, path] of spellings.entries()) {
      const { status } = await s.post(path, body)
      if (isRoute[index]) assert.equal(status, 429, path)
      else assert.ok(status === 404 || status === 400 || status === 405, `${path}: ${status}`)
    }
  })
})

// Strapi: fields that a route does not read were part of its key.
describe('CVE-2025-64526', () => {
  const extras: [name: string, send: (s: Client) => ReturnType<Client['post']>][] = [
    ['unused fields', (s) => s.post(paths.login, { ...body, username: 'x', account: 'y', ip: '192.0.2.1' })],
    ['a field twice', (s) => s.post(paths.login, `{"email":"x@example.com","email":"${ANN}","password":"wrong"}`)],
    ['another order', (s) => s.post(paths.login, { password: 'wrong', email: ANN })],
    ['a query', (s) => s.post(`${paths.login}?email=x@example.com`, body)],
    ['headers', (s) => s.post(paths.login, body, { 'x-user': 'x', 'user-agent': 'another', cookie: 'a=b' })],
    ['white space around the address', (s) => s.post(paths.login, { ...body, email: `  ${ANN}\t` })],
    ['escapes', (s) => s.post(paths.login, `{"email":"\\u0061nn@example.com","password":"wrong"}`)],
    ['a form', (s) => s.post(paths.login, `password=wrong&email=ann%40example.com`, form)],
    ['a solved challenge that nobody asked for', (s) => s.post(paths.login, { ...body, challenge: 'e30=' })],
  ]
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const [name, send] of extras) {
    test(`${name} make no other bucket`, async (t) => {
      const s = await startBehindGateway(t)
      await register(s, { email: ANN })
      await guessUp(s, ANN, FREE_PER_ACCOUNT - 1)
      assert.equal((await send(s)).status, 401)
      expectThrottled(await guess(s, ANN), 30)
      expectThrottled(await send(s), 30)
    })
  }

  test('where no account is named, the network counts', async (t) => {
    const s = await startBehindProxy(t)
    for (let turn = 0; turn < 100; turn++) await guess(s, `stranger${turn}@example.com`, { address: HOME })
    expectThrottled(await guess(s, 'another@example.com', { address: HOME }), 10)
    assert.equal((await guess(s, 'another@example.com', { address: '192.0.2.9' })).status, 401)
  })
})

// Authelia: each spelling of a user name had a counter of its own. ZITADEL, CVE-2024-41952: names of users who exist were
// normalised, others were not, so that upper case told them apart.
describe('CVE-2026-47203, CVE-2024-41952, CVE-2025-31124', () => {
  const spellings = {
    known: ['unal@example.com', 'UNAL@example.com', 'Unal@EXAMPLE.COM', ' unal@Example.com '],
    unknown: ['nobody@example.com', 'NOBODY@example.com', 'Nobody@EXAMPLE.COM', ' nobody@Example.com '],
    composed: ['x@exämple.com', 'x@exa\u0308mple.com', 'X@EXÄMPLE.com', 'X@EXA\u0308MPLE.COM'],
    'in DNS': ['x@exämple.com', 'x@xn--exmple-cua.com', 'X@XN--EXMPLE-CUA.COM'],
  }
  for (const [name, emails] of Object.entries(spellings)) {
    test(`all spellings of an address have one counter: ${name}`, async (t) => {
      const s = await startBehindGateway(t)
      await register(s, { email: 'unal@example.com' })
      for (let turn = 0; turn < FREE_PER_ACCOUNT; turn++) await guessUp(s, emails[turn % emails.length] ?? '', 1)
      for (const email of emails) expectThrottled(await guess(s, email), 30)
      assert.equal((await guess(s, 'other@example.com')).status, 401)
    })
  }
})

// ZITADEL: the name was normalised for users who exist, so that upper case told who does.
test('CVE-2025-31124: by mail, too, all spellings of an address have one counter, whether somebody has it or not', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  const bare = ({ status, json }: Answer) => JSON.stringify({ status, ...(json as object), instance: '' })
  for (const path of ['/api/password/forgot', '/api/email/verify']) {
    for (let turn = 0; turn < 25; turn++) {
      const spelled = (email: string) => (turn % 2 ? email.toUpperCase() : email)
      const ask = (email: string) => s.post(path, { email: spelled(email), code: 'wrong!' })
      const [known, unknown] = [bare(await ask(ANN)), bare(await ask('nobody@example.com'))]
      assert.equal(known, unknown, `${path}, ${turn + 1}`)
      if (turn === 24) assert.match(known, /too-many-requests/)
    }
  }
})

// Directus, CVE-2024-39896, and ZITADEL, CVE-2023-44399: one branch answered otherwise for users who exist.
test('CVE-2024-39896, CVE-2023-44399: known, unknown and disabled accounts are told the same at every count', async (t) => {
  const s = await startBehindGateway(t)
  await register(s, { email: ANN })
  await register(s, { email: 'off@example.com' })
  await s.service.lifecycle.disable(2)
  const emails = [ANN, 'off@example.com', 'nobody@example.com']
  for (let turn = 0; turn < FREE_PER_ACCOUNT + 8; turn++) {
    const told = await Promise.all(emails.map((email) => tell(s, email)))
    assert.equal(new Set(told).size, 1, told.join('\n'))
    if (turn % 3 === 2 && turn >= FREE_PER_ACCOUNT) await s.clock.advance(200)
  }
})

async function tell(s: TestServer, email: string): Promise<string> {
  const { status, text, headers } = await s.post(paths.login, { email, password: `${PASSWORD}x` }, headersOf({}))
  return JSON.stringify([status, text, headers['retry-after'], headers['content-type'], headers['set-cookie']])
}

function forgedHeaders(number: number): Record<string, string> {
  const address = `192.0.2.${number}`
  return {
    'x-forwarded-for': address,
    'x-real-ip': address,
    forwarded: `for=${address}`,
    'x-client-ip': address,
    'cf-connecting-ip': address,
    'true-client-ip': address,
  }
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1')
