/** Whoever reads the mails to the address gets in while somebody goes on guessing (OWASP ASVS 5.0 §6.1.1: no malicious lock-out). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { enrolApp } from '../account/factors.ts'
import { expectNothing, latest, NEW_PASSWORD } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { expectTokens, join, PASSWORD, type Person, paths } from '../scenario.ts'
import { codeNow, expectHalf, finish } from '../sign-in/half.ts'
import type { Answer, TestServer } from '../start-server.ts'
import { type From, guess, headersOf, logIn, startBehindGateway, startBehindProxy } from './attempts.ts'

const ANN = 'ann@example.com'
const browser = { 'sec-fetch-mode': 'cors' }
const passwordless = { PASSWORDLESS: 'on' }
const HOME = { address: '198.51.100.1' }

/** Takes every attempt at the account that there is, from as many networks as it needs. */
async function guessOn(s: TestServer): Promise<void> {
  for (let number = 1; ; number++) {
    const from = { address: `203.0.113.${number}` }
    const first = await guess(s, ANN, from)
    if (first.status === 429) return
    for (let answer = first; answer.status !== 429; ) answer = await guess(s, ANN, from)
  }
}

/** Somebody whose address is proved. */
async function provedAnn(s: TestServer): Promise<Person> {
  const ann = await join(s, 'ann')
  const { token } = await latest(s, ANN, 'verify-address')
  expectNothing(await s.post('/api/email/verify', { token }, { authorization: `Bearer ${ann.access}` }), 204)
  return ann
}

/** The same, who has not signed in from where they are for so long that it is not known any more. */
async function annElsewhere(s: TestServer): Promise<Person> {
  const ann = await provedAnn(s)
  await s.clock.advance(91 * 86_400)
  return ann
}

/** Each step of the owner comes when the guesser has just taken all that there was. */
async function recover(s: TestServer, from: From): Promise<Answer> {
  await guessOn(s)
  expectNothing(await s.post('/api/password/forgot', { email: ANN }, headersOf(from)), 202)
  const { code } = await latest(s, ANN, 'recover-password')
  await guessOn(s)
  const answer = await s.post('/api/password/reset', { email: ANN, code, password: NEW_PASSWORD }, headersOf(from))
  expectNothing(answer, 204)
  await guessOn(s)
  return answer
}

const logInAnew = (s: TestServer, from: From) =>
  s.post(paths.login, { email: ANN, password: NEW_PASSWORD }, headersOf(from))

for (const { kind, name } of databases()) {
  describe(`while somebody goes on guessing, on ${name}`, () => {
    test('whoever recovers the password signs in from the same browser, also with a second factor', async (t) => {
      const s = await startBehindGateway(t, kind)
      const ann = await enrolApp(s, await provedAnn(s))
      await s.clock.advance(60)
      const cookie = markOf(await recover(s, { headers: browser }))
      assert.equal((await logInAnew(s, {})).status, 429)
      const half = expectHalf(await logInAnew(s, { cookie }))
      await guessOn(s)
      const done = await finish(s, half, { code: codeNow(s, ann) }, { cookie })
      assert.equal(done.status, 200, done.text)
    })

    test('the link of a mail signs in, from wherever, also with a second factor', async (t) => {
      const s = await startBehindGateway(t, kind, passwordless)
      const ann = await annElsewhere(s)
      await guessOn(s)
      expectTokens(await openLink(s))
      const withApp = await enrolApp(s, { ...ann, ...expectTokens(await openLink(s)) })
      await s.clock.advance(60)
      const { mfa_token: mfaToken } = (await openLink(s)).json as { mfa_token: string }
      await guessOn(s)
      expectTokens(await finish(s, { mfaToken, methods: [] }, { code: codeNow(s, withApp) }))
    })
  })
}

test('whoever recovers the password signs in from the same network', async (t) => {
  const s = await startBehindProxy(t)
  await annElsewhere(s)
  await recover(s, HOME)
  assert.equal((await logInAnew(s, { address: '192.0.2.1' })).status, 429)
  expectTokens(await logInAnew(s, HOME))
})

test('who signed in by the link of a mail is known afterwards', async (t) => {
  const s = await startBehindGateway(t, 'sqlite', passwordless)
  await annElsewhere(s)
  const cookie = markOf(await openLink(s, browser))
  await guessOn(s)
  assert.equal((await logIn(s, ANN)).status, 429)
  assert.equal((await logIn(s, ANN, { cookie })).status, 200)
})

test('whoever recovers the password on the page of the mail signs in from the same browser', async (t) => {
  const s = await startBehindGateway(t)
  await annElsewhere(s)
  expectNothing(await s.post('/api/password/forgot', { email: ANN }), 202)
  const { token } = await latest(s, ANN, 'recover-password')
  const form = new URLSearchParams({ token, password: NEW_PASSWORD }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-mode': 'navigate' }
  const spoiled = await s.post('/mail/recover-password', form.replace(token, 'x'), headers)
  assert.equal(spoiled.headers['set-cookie'], undefined)
  const cookie = markOf(await s.post('/mail/recover-password', form, headers))
  await guessOn(s)
  assert.equal((await logInAnew(s, { cookie })).status, 200)
})

test('a wrong code makes nobody known, and no program gets a cookie', async (t) => {
  const s = await startBehindGateway(t)
  await annElsewhere(s)
  const wrong = await s.post('/api/password/reset', { email: ANN, code: 'wrong!', password: PASSWORD }, browser)
  assert.equal(wrong.status, 422)
  assert.equal(wrong.headers['set-cookie'], undefined)
  assert.equal((await recover(s, {})).headers['set-cookie'], undefined)
})

async function openLink(s: TestServer, headers = {}): Promise<Answer> {
  await s.clock.advance(301) // one mail every five minutes
  await guessOn(s)
  expectNothing(await s.post('/api/login/code', { email: ANN }), 202)
  const { token } = await latest(s, ANN, 'sign-in')
  await guessOn(s)
  return s.post('/api/login/code/finish', { token }, headers)
}

/** The device mark of an answer, as a browser sends it back. */
function markOf({ status, headers, text }: Answer): string {
  assert.ok(status === 200 || status === 204, text)
  const [cookie = ''] = headers['set-cookie'] ?? []
  assert.match(cookie, /^__Host-device=/)
  return cookie.split(';', 1)[0] ?? ''
}
