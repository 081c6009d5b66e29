/** Every way in, for somebody who has a second factor: none forgets to ask for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latest, NEW_PASSWORD, submit } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { PASSWORD, type Person } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { codeNow, finish, withApp } from './half.ts'

type Way = [what: string, walk: (s: TestServer, who: Person) => Promise<Answer>]

const logins = ['/api/login', '/api/login/', '/api/accounts/login', '/api/accounts/login/']
const withPassword = (path: string, password = PASSWORD) => {
  return (s: TestServer, { email }: Person) => s.post(path, { email, password })
}

async function mailed(s: TestServer, { email }: Person) {
  await s.post('/api/login/code', { email })
  return latest(s, email, 'sign-in')
}

const ways: Way[] = [
  ...logins.map((path): Way => [`the password at ${path}`, withPassword(path)]),
  ['a code by mail', async (s, who) => finishMailed(s, { email: who.email, code: (await mailed(s, who)).code })],
  ['a link by mail', async (s, who) => finishMailed(s, { token: (await mailed(s, who)).token })],
  ['a password that was recovered', recovered('api')],
  ['a password that was recovered on the page', recovered('page')],
]

const finishMailed = (s: TestServer, proof: object) => s.post('/api/login/code/finish', proof)

/** Recovering opens no session, and what is set then is one factor. */
function recovered(where: 'api' | 'page'): Way[1] {
  return async (s, who) => {
    await s.post('/api/password/forgot', { email: who.email })
    const { token } = await latest(s, who.email, 'recover-password')
    const given = { token, password: NEW_PASSWORD }
    const answer =
      where === 'api' ? await s.post('/api/password/reset', given) : await submit(s, 'recover-password', given)
    assert.ok(answer.status === 204 || answer.status === 200)
    expectNobodyIn(answer)
    return withPassword('/api/login', NEW_PASSWORD)(s, who)
  }
}

for (const { kind, name } of databases())
  test(`CVE-2026-9091: every way in asks whoever has a second factor for it (${name})`, async (t) => {
    const s = await startServer(t, { kind, environment: { PASSWORDLESS: 'on' } })
    for (const [index, [what, walk]] of ways.entries()) {
      const ann = await withApp(s, `ann-${index}`)
      const { code } = await latest(s, ann.email, 'verify-address')
      await s.post('/api/email/verify', { email: ann.email, code }, { authorization: `Bearer ${ann.access}` })
      const answer = await walk(s, ann)
      expectNobodyIn(answer)
      const mfaToken = (answer.json as { mfa_token: string }).mfa_token
      assert.equal(answer.status, 401, `${what}: ${answer.text}`)
      await s.clock.advance(60)
      const done = await finish(s, { mfaToken, methods: [] }, { code: codeNow(s, ann) })
      assert.equal(done.status, 200, `${what}: ${done.text}`)
    }
  })

function expectNobodyIn({ text, headers }: Answer): void {
  assert.doesNotMatch(text, /eyJ|"access"|"refresh"/)
  assert.equal(headers['set-cookie'], undefined)
}
