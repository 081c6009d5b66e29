/** GHSA-xg6x-h9c9-2m83: what the first half of a sign-in gives out is good for the second half, and nothing else takes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WithApp } from '../account/factors.ts'
import { latest } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { type Route, watchRoutes } from '../routes.ts'
import { type Answer, startServer, type TestServer, tableOwners } from '../start-server.ts'
import { codeNow, finish, halfSignIn, withApp } from './half.ts'

const halves: [what: string, begin: (s: TestServer, ann: WithApp) => Promise<string>][] = [
  ['a password', async (s, ann) => (await halfSignIn(s, ann)).mfaToken],
  [
    'a code by mail',
    async (s, { email }) => {
      await s.post('/api/login/code', { email })
      const { code } = await latest(s, email, 'sign-in')
      const { json } = await s.post('/api/login/code/finish', { email, code })
      return (json as { mfa_token: string }).mfa_token
    },
  ],
]

/** Where other clients put what lets them in. */
const fields = ['token', 'refresh', 'access', 'code'] as const

/** What anybody may make happen, at an address that they name: it concerns nobody's access. */
const ofAnybody = ['event', 'person_key', 'mail', 'email_code', 'refused_code', 'webauthn_challenge'] as const
/** Of the attempt itself. */
const ofTheAttempt = ['sign_in_attempt']

for (const { kind, name } of databases())
  for (const [what, begin] of halves)
    test(`no route takes the token of a sign-in that is half done with ${what} (${name})`, async (t) => {
      const { routes, started: s } = await watchRoutes(() =>
        startServer(t, { kind, environment: { PASSWORDLESS: 'on' } }),
      )
      const ann = await withApp(s, 'ann')
      const proof = await latest(s, ann.email, 'verify-address')
      await s.post('/api/email/verify', { token: proof.token }, { authorization: `Bearer ${ann.access}` })
      const token = await begin(s, ann)
      const before = await rowsOf(s)
      const asked = flat(routes)
      assert.ok(asked.length > 100, String(asked.length))
      for (const route of asked) {
        for (const answer of await askAll(s, route, token)) {
          expectNothingIn(answer, `${route.method} ${route.url}`)
          if (route.config?.reference?.bearer) assert.equal(answer.status, 401, `${route.method} ${route.url}`)
        }
      }
      assert.deepEqual(await rowsOf(s), before)
      await s.clock.advance(30)
      const done = await finish(s, { mfaToken: token, methods: [] }, { code: codeNow(s, ann) })
      assert.equal(done.status, 200, `it was good all the time: ${done.text}`)
    })

type Flat = { url: string; method: string; path: string; config: Route['config'] }

function flat(routes: readonly Route[]): Flat[] {
  const all = routes.flatMap(({ url, method, config }) =>
    [method].flat().map((one) => ({
      url,
      config,
      method: one,
      path: url.replace(/:\w+/g, 'a'.repeat(32)).replace('*', 'x'),
    })),
  )
  return all.filter(({ url }) => url !== '/api/revocations/stream') // it never ends
}

/** The token as a bearer, and in each of the fields: alone, and among what the route is usually asked with. */
async function askAll(s: TestServer, { method, path, config }: Flat, token: string): Promise<Answer[]> {
  const answers = [await s.ask({ method, path, headers: { authorization: `Bearer ${token}` } })]
  for (const field of fields) {
    if (method === 'GET' || method === 'HEAD') {
      answers.push(await s.ask({ method, path: `${path}?${field}=${token}` }))
      continue
    }
    for (const body of [{ [field]: token }, { ...config?.reference?.body?.example, [field]: token }])
      answers.push(await s.ask(asRequest({ method, path, config }, body)))
  }
  return answers
}

/** Pages are sent forms. */
function asRequest({ method, path, config }: Pick<Flat, 'method' | 'path' | 'config'>, body: Record<string, unknown>) {
  if (config?.reference?.kind !== 'page') return { method, path, body }
  const form = new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method, path, headers, body: form.toString() }
}

function expectNothingIn({ headers, json }: Answer, route: string): void {
  const { access, refresh } = (json ?? {}) as Record<string, unknown>
  for (const one of [access, refresh]) assert.doesNotMatch(String(one), /^eyJ/, route)
  assert.equal(headers['set-cookie'], undefined, route)
}

/** Every row but those that anybody may add, and those of the attempt. */
async function rowsOf({ db }: TestServer): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {}
  const left = [...ofAnybody, ...ofTheAttempt] as string[]
  const tables = (Object.keys(tableOwners) as (keyof typeof tableOwners)[]).filter((table) => !left.includes(table))
  for (const table of tables) {
    const all = await db.selectFrom(table).selectAll().execute()
    rows[table] = all.map((row) => JSON.stringify(row)).sort()
  }
  return rows
}
