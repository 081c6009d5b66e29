/** Every way in, for somebody who has a second factor: none forgets to ask for it. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { OpenApi, OpenApiResponse, OpenApiSchema } from '../../scripts/reference/openapi.ts'
import { enrolApp } from '../account/factors.ts'
import { latest, NEW_PASSWORD, submit } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { watchRoutes } from '../routes.ts'
import { countRows, expectTokenRefused, isGood, join, PASSWORD, type Person } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { codeNow, finish, withApp } from './half.ts'

type Way = [what: string, walk: (s: TestServer, who: Person) => Promise<Answer>, at: string]

const BY_MAIL = '/api/login/code/finish'
const logins = ['/api/login', '/api/login/', '/api/accounts/login', '/api/accounts/login/']
const withPassword = (path: string, password = PASSWORD) => {
  return (s: TestServer, { email }: Person) => s.post(path, { email, password })
}

async function mailed(s: TestServer, { email }: Person) {
  await s.post('/api/login/code', { email })
  return latest(s, email, 'sign-in')
}

const ways: Way[] = [
  ...logins.map((path): Way => [`the password at ${path}`, withPassword(path), path]),
  [
    'a code by mail',
    async (s, who) => finishMailed(s, { email: who.email, code: (await mailed(s, who)).code }),
    BY_MAIL,
  ],
  ['a link by mail', async (s, who) => finishMailed(s, { token: (await mailed(s, who)).token }), BY_MAIL],
  ['a password that was recovered', recovered('api'), '/api/password/reset'],
  ['a password that was recovered on the page', recovered('page'), '/mail/recover-password'],
]

const finishMailed = (s: TestServer, proof: object) => s.post(BY_MAIL, proof)

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

const refreshes = logins.map((path) => path.replace('login', 'token/refresh'))

for (const { kind, name } of databases())
  test(`CVE-2026-9091: a token of the old service, which asked for the password alone, lets nobody in who has a second factor (${name})`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const old = (type: 'access' | 'refresh', { id }: Person) => signOld(oldClaims(s, id, type))
    const bob = await join(s, 'bob') // goes first: what is refused below is good of somebody without
    const before = { of: await join(s, 'ann'), tokens: ['access', 'refresh'] as const }
    const early = before.tokens.map((type) => old(type, before.of))
    for (const token of early) assert.equal(await isGood(s, token), true)
    const ann = await enrolApp(s, before.of)
    await s.clock.advance(60)
    const late = before.tokens.map((type) => old(type, ann)) // the old service goes on running, or its key is known

    for (const [access = '', refresh = ''] of [early, late]) {
      const rows = await countRows(s)
      for (const token of [access, refresh]) assert.equal(await isGood(s, token), false)
      for (const path of refreshes) expectTokenRefused(await s.post(path, { refresh }), 'Token is blacklisted')
      const answers = await Promise.all(
        ['/api/account', '/api/forward-auth'].map((path) => s.get(path, { authorization: `Bearer ${access}` })),
      )
      for (const { status, text } of answers) assert.equal(status, 401, text)
      assert.deepEqual(await countRows(s), rows)
    }
    assert.equal(await isGood(s, ann.access), true, 'the session that it was set up in stays')
    assert.equal(await isGood(s, old('access', bob)), true)
    for (const path of refreshes) assert.equal((await s.post(path, { refresh: old('refresh', bob) })).status, 200)
  })

/** Where tokens come from that is no way in by one factor, and why. */
const others: Record<string, string> = {
  '/api/login/passkey': 'a passkey verifies its user: two factors at once',
  ...Object.fromEntries(logins.map((path) => [path.replace(/login/, 'login/mfa'), 'the second factor itself'])),
  ...Object.fromEntries(refreshes.map((path) => [path, 'goes on with a session; with those of the old service above'])),
  '/test/users': 'tests of applications, which prove nothing',
}

/** Pages with a button, all of links in mails. Who presses one of these is signed in nowhere, and has proved nothing by it. */
const pagesOfMails = ['verify-address', 'change-address', 'undo-address-change', 'undo-deletion', 'recover-password']

test('CVE-2026-9091: there is no other way in than those that are walked here', async (t) => {
  const { routes } = await watchRoutes(() => startServer(t, { environment: { PASSWORDLESS: 'on' } }))
  const walked = ways.map(([, , at]) => at)
  const giving = await listTokenRoutes()
  assert.deepEqual(giving.filter((path) => !walked.includes(path)).sort(), Object.keys(others).sort())
  const rest = walked.filter((path) => !giving.includes(path))
  assert.deepEqual(rest, ['/api/password/reset', '/mail/recover-password'], 'these set what one signs in with')
  const posted = routes.filter(({ method, config }) => method === 'POST' && config?.reference?.kind === 'page')
  assert.deepEqual(
    posted.map(({ url }) => url),
    pagesOfMails.map((page) => `/mail/${page}`),
  )
})

/** The addresses of all operations of which a success holds an access token. */
async function listTokenRoutes(): Promise<string[]> {
  const document: OpenApi = JSON.parse(await readFile('docs/reference/openapi.json', 'utf8'))
  const named = <T extends object>(one: T | { $ref: string }): T => {
    if (!('$ref' in one)) return one as T
    const [kind = '', name = ''] = String(one.$ref).split('/').slice(2)
    return (document.components as unknown as Record<string, Record<string, T>>)[kind]?.[name] ?? assert.fail(name)
  }
  const holdsToken = (schema: OpenApiSchema): boolean => {
    const { properties = {} } = named(schema) as { properties?: Record<string, OpenApiSchema> }
    return 'access' in properties || Object.values(properties).some(holdsToken)
  }
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.values(operations).flatMap(({ responses, 'x-aliases': aliases = [] }) => {
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
      const contents = good.flatMap(([, one]) => Object.values(named<OpenApiResponse>(one).content ?? {}))
      return contents.some(({ schema }) => holdsToken(schema)) ? [path, ...aliases] : []
    }),
  )
}

function expectNobodyIn({ text, headers }: Answer): void {
  assert.doesNotMatch(text, /eyJ|"access"|"refresh"/)
  assert.equal(headers['set-cookie'], undefined)
}
