/**
 * What holds of every route, whoever adds one: made of the routes as the service registers them. Each test names what befell
 * others where one route of many forgot it.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { joinAs } from '../admin/operators.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { type Route, watchRoutes } from '../routes.ts'
import { claimsOf, join, logOut, PASSWORD, paths, type TokenPair } from '../scenario.ts'
import { startServer, type TestServer, tableOwners } from '../start-server.ts'

const EVIL = 'evil.example'
const ID = 'a'.repeat(32)
const JSON_TYPE = 'application/json'

type Flat = { method: string; url: string; path: string; config: Route['config'] }

async function start(t: TestContext, environment: Record<string, string> = {}, kind: DatabaseKind = 'sqlite') {
  const given = { SMTP_URL: '', MAIL_FROM: '', PUBLIC_URL: 'http://localhost:8000', PASSWORDLESS: 'on', ...environment }
  const { started: s, routes } = await watchRoutes(() => startServer(t, { kind, environment: given }))
  const all: Flat[] = routes.flatMap(({ url, method, config }) =>
    [method].flat().map((one) => ({ method: one, url, config, path: url.replace(/:\w+/g, ID).replace('*', 'x') })),
  )
  assert.ok(all.length > 100)
  return { s, routes: all.filter(({ url }) => url !== '/api/revocations/stream') } // which never ends
}

const isBearing = ({ config }: Flat) => config?.reference?.bearer === true
const nameOf = ({ method, url }: Flat) => `${method} ${url}`

test('CVE-2023-0091: no route takes an access token that is not good any more', async (t) => {
  const { s, routes } = await start(t)
  const bearing = routes.filter(isBearing)
  assert.ok(bearing.length > 40)
  for (const [why, token] of Object.entries(await spoiledTokens(s))) {
    for (const route of bearing) {
      const headers = { authorization: `Bearer ${token}` }
      const body = route.config?.reference?.body?.example
      const { status } = await s.ask({ method: route.method, path: route.path, headers, body })
      assert.equal(status, 401, `${nameOf(route)} ${why}`)
    }
  }
})

async function spoiledTokens(s: TestServer): Promise<Record<string, string>> {
  const ended = await joinAs(s, 'ended', ['admin'])
  const disabled = await joinAs(s, 'disabled', ['admin'])
  const erased = await joinAs(s, 'erased', ['admin'])
  const right = await joinAs(s, 'right', ['admin'])
  await logOut(s, ended.refresh)
  await s.service.lifecycle.disable(disabled.id)
  await s.service.lifecycle.erase(erased.id)
  return {
    'of an ended session': ended.access,
    'of a disabled user': disabled.access,
    'of an erased user': erased.access,
    'a refresh token': right.refresh,
    'with another signature': `${right.access.slice(0, -8)}AAAAAAAA`,
  }
}

test('CVE-2022-25896, CVE-2024-7341: no cookie lets anybody in, and none decides about the session that begins', async (t) => {
  const { s, routes } = await start(t)
  const { access, refresh } = await join(s, 'ann')
  const { sid } = claimsOf(access)
  const names = ['access', 'access_token', 'refresh', 'session', 'sessionid', 'sid', 'token', 'device', '__Host-device']
  const cookie = names.map((name) => `${name}=${name === 'sid' ? sid : access}`).join('; ')
  for (const route of routes.filter(isBearing)) {
    const { status } = await s.ask({ method: route.method, path: route.path, headers: { cookie } })
    assert.equal(status, 401, nameOf(route))
  }
  const credentials = { email: 'ann@example.com', password: PASSWORD }
  const chosen = { cookie: `sid=${ID}; session=${ID}; device=${refresh}` }
  const answer = await s.post(paths.login, credentials, chosen)
  assert.equal(answer.status, 200)
  const next = claimsOf((answer.json as TokenPair).access).sid
  assert.ok(next !== sid && next !== ID)
  assert.doesNotMatch(String(answer.headers['set-cookie']), /eyJ/)
})

test('CVE-2024-41657: no page elsewhere may read an answer, whatever it calls itself', async (t) => {
  const { s, routes } = await start(t)
  const { access } = await join(s, 'ann')
  const origins = [
    'https://evil.example',
    'http://localhost:8000.evil.example',
    'http://localhost:80000',
    'http://evil.localhost:8000',
    'HTTP://LOCALHOST:8000',
    'http://localhost:8000.',
    'null',
  ]
  for (const route of routes) {
    for (const origin of origins) {
      const preflight = { origin, 'access-control-request-method': 'POST' }
      const answers = [await s.ask({ method: 'OPTIONS', path: route.path, headers: preflight })]
      if (route.method === 'GET')
        answers.push(await s.get(route.path, { origin, authorization: `Bearer ${access}`, accept: JSON_TYPE }))
      for (const { headers } of answers) {
        const told = Object.keys(headers).filter((name) => name.startsWith('access-control-'))
        assert.deepEqual(told, [], `${nameOf(route)} to ${origin}`)
      }
    }
  }
})

for (const { kind, name } of databases())
  test(`no route fails at NUL in its address: PostgreSQL takes none in a text (${name})`, async (t) => {
    const { s, routes } = await start(t, {}, kind)
    const { access } = await joinAs(s, 'root', ['admin'])
    const headers = { authorization: `Bearer ${access}` }
    for (const route of routes) {
      const words = [...Object.keys(route.config?.reference?.query ?? {}), ...parameters, 'token', 'lang']
      const query = words.map((word) => `${word}=%00`).join('&')
      const paths = route.method === 'GET' ? [`${route.path}?${query}`] : []
      if (route.url.includes(':')) paths.push(route.url.replace(/:\w+/g, '%00'))
      const body = route.config?.reference?.body?.example
      for (const path of paths) {
        const { status, text } = await s.ask({ method: route.method, path, headers, body })
        assert.ok(status < 500, `${route.method} ${path}: ${status} ${text}`)
      }
    }
    assert.deepEqual(
      s.logs.filter(({ level }) => level === 'error'),
      [],
    )
  })

const elsewhere = [
  `//${EVIL}`,
  `/\\${EVIL}`,
  `https:${EVIL}`,
  `https://localhost@${EVIL}/`,
  `https://localhost.${EVIL}`,
  `/\t/${EVIL}`,
  `%2f%2f${EVIL}`,
  `javascript:alert('${EVIL}')`,
]
const parameters = [
  'redirect',
  'redirect_uri',
  'redirectTo',
  'return_to',
  'next',
  'continue',
  'callbackURL',
  'rd',
  'url',
]

test('GHSA-vp58-j275-797x, CVE-2020-5233, CVE-2020-4037, CVE-2021-29456, CVE-2024-28239: no route sends anybody elsewhere', async (t) => {
  const { s, routes } = await start(t, { SIGN_IN_LINK_URL: 'https://app.example.com/in' })
  const leading = elsewhere.map((value) => new URLSearchParams(parameters.map((name) => [name, value])).toString())
  for (const route of routes.filter(({ method }) => method === 'GET')) {
    for (const query of leading) {
      const { status, headers, text } = await s.get(`${route.path}?token=x&${query}`)
      assert.ok(status < 300 || status >= 400, nameOf(route))
      assert.equal(headers.location ?? headers.refresh, undefined)
      assert.ok(!text.includes(EVIL), `${nameOf(route)} ${query}`)
    }
  }
})

test('CVE-2022-46145: nobody without a token changes a user, whatever a body says', async (t) => {
  const { s, routes } = await start(t)
  const root = await joinAs(s, 'root', ['admin'])
  const stateBefore = await stateOf(s)
  const open = routes.filter((route) => !isBearing(route) && !['GET', 'HEAD'].includes(route.method))
  assert.ok(open.length > 25)
  const texts = {
    email: root.email,
    password: 'somebody elses',
    code: '000000',
    token: 'x',
    refresh: 'x',
    mfa_token: 'x',
  }
  const more = { id: root.id, user_id: root.id, first_name: 'Eve', roles: ['admin'], is_staff: true, credential: {} }
  for (const { method, path } of open) {
    await s.ask({ method, path, body: { ...texts, ...more } })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await s.ask({ method, path, headers, body: new URLSearchParams(texts).toString() })
  }
  assert.deepEqual(await stateOf(s), stateBefore)
})

async function stateOf({ db }: TestServer) {
  const columns = ['id', 'email', 'first_name', 'disabled_at', 'email_verified_at', 'last_login_at'] as const
  return {
    users: await db.selectFrom('user').select(columns).orderBy('id').execute(),
    passwords: await db.selectFrom('password').selectAll().execute(),
    roles: await db.selectFrom('user_role').selectAll().execute(),
    sessions: await db.selectFrom('session').select(['id', 'ended_at']).execute(),
  }
}

const named = (victim: { id: number; email: string }) => {
  const { id, email } = victim
  return {
    fields: { user_id: id, userId: id, user: id, id, sub: String(id), account_id: id, owner: email },
    headers: {
      'x-user-id': `${id}`,
      'x-user': email,
      'remote-user': email,
      'x-forwarded-user': email,
      'x-auth-user': email,
    },
  }
}

test('GHSA-99h5-pjcv-gr6v (CVE-2025-61928): whoever a body, a query or a header names, an account route acts on whose token it is', async (t) => {
  const { s, routes } = await start(t)
  const victim = await joinAs(s, 'victim', ['admin'])
  const { fields, headers } = named(victim)
  const query = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]))
  const before = await everythingAbout(s, victim.id)
  const account = routes.filter((route) => isBearing(route) && /^\/api\/account(\/|$)/.test(route.url))
  let done = 0
  for (const [number, route] of account.entries()) {
    const { method, url, config } = route
    const path = `${url.replace(/:\w+/g, claimsOf(victim.access).sid)}?${query}`
    const body = { ...fields, ...(config?.reference?.body?.example ?? {}) }
    assert.equal((await s.ask({ method, path, headers, body })).status, 401, nameOf(route))
    const { access } = await join(s, `caller${number}`)
    const { status, text } = await s.ask({
      method,
      path,
      body,
      headers: { ...headers, authorization: `Bearer ${access}` },
    })
    if (status < 300) done++
    assert.ok(status < 500, `${nameOf(route)}: ${text}`)
    assert.ok(!text.includes(victim.email), `${nameOf(route)}: ${text}`)
    assert.deepEqual(await everythingAbout(s, victim.id), before, nameOf(route))
  }
  assert.ok(done > 15, `${done} did what they do, for the caller`)
})

async function everythingAbout({ db }: TestServer, id: number) {
  const tables = [
    'password',
    'user_role',
    'session',
    'totp',
    'passkey',
    'account_deletion',
    'email_code',
    'event',
  ] as const
  const rows = []
  for (const table of tables) rows.push(await db.selectFrom(table).selectAll().where('user_id', '=', id).execute())
  return [await db.selectFrom('user').selectAll().where('id', '=', id).execute(), ...rows]
}

test('CVE-2026-32248: an operator object, a list or a number is no text, in any field of any route', async (t) => {
  const { s, routes } = await start(t)
  const root = await joinAs(s, 'root', ['admin'])
  const before = await stateOf(s)
  let asked = 0
  for (const route of routes.filter(isBearing)) {
    const { schema, example } = route.config?.reference?.body ?? {}
    const texts = Object.entries(schema?.properties ?? {}).filter(([, rule]) => rule.type === 'string' || rule.enum)
    for (const [field] of texts) {
      const isRequired = schema?.required?.includes(field) ?? false
      for (const value of [
        { $regex: '.' },
        { $ne: null },
        { $gt: '' },
        [],
        ['x'],
        0,
        true,
        ...(isRequired ? [null] : []),
      ]) {
        const { status, text } = await root.ask(route.method, route.path, { ...example, [field]: value })
        assert.equal(
          status,
          route.path.includes(ID) && status === 404 ? 404 : 400,
          `${nameOf(route)} ${field}: ${text}`,
        )
        asked++
      }
    }
  }
  assert.ok(asked > 100)
  assert.deepEqual(await stateOf(s), before)
})

test('CVE-2026-0976: an address with parameters in its path is another one, and is not there', async (t) => {
  const { s, routes } = await start(t)
  const { access } = await joinAs(s, 'root', ['admin'])
  for (const route of routes.filter(({ url }) => !/[:*]/.test(url))) {
    const headers = { authorization: `Bearer ${access}` }
    for (const path of [`${route.path};a=b`, route.path.replace(/^\/(\w+)/, '/$1;a=b')]) {
      if (path === route.path || path.startsWith('/mail/')) continue // of these every address tells of a broken link
      const { status } = await s.ask({ method: route.method, path, headers })
      assert.equal(status, 404, `${route.method} ${path}`)
    }
  }
})

test('CVE-2026-63188: no address leads to a file', async (t) => {
  const { s } = await start(t)
  const ways = ['../../package.json', '..%2f..%2fpackage.json', '%2e%2e/%2e%2e/package.json', '..\\..\\package.json']
  for (const folder of ['/docs', '/mail', '/dev/mail', '/.well-known', '/openapi.json', ''])
    for (const way of [...ways, '/etc/passwd', 'x%00.json']) {
      const { status, text } = await s.get(`${folder}/${way}`)
      assert.ok([400, 404].includes(status), `${folder}/${way}: ${status}`)
      assert.ok(!/samurai-auth"|root:/.test(text))
    }
})

const injected = [
  "'",
  '" or 1=1 --',
  'id desc; drop table user',
  'a\u0000b',
  '%',
  '{"$gt":""}',
  '-1',
  '1e309',
  'ÿ'.repeat(500),
]

test('CVE-2026-31856, CVE-2022-24124, CVE-2026-33505: what is asked for is a value and never a statement, also in names and cursors', async (t) => {
  const { s, routes } = await start(t)
  const root = await joinAs(s, 'root', ['admin'])
  const asking = routes.filter(({ method, url }) => method === 'GET' && url.startsWith('/api/'))
  for (const { path: address, config } of asking) {
    const known = Object.keys(config?.reference?.query ?? {})
    for (const value of injected) {
      const valued = [...known, 'sort', 'order', 'filter', 'fields'].map((name) => [name, value])
      const named = [...known, ''].map((name) => [`${name}${value}`, '1'])
      for (const pair of [...valued, ...named]) {
        const path = `${address}?${new URLSearchParams([pair])}`
        const { status, text } = await root.ask('GET', path)
        assert.ok(status < 500, `${path}: ${status}`)
        assert.doesNotMatch(text, /sqlite|syntax error|select .* from/i, path)
      }
    }
  }
  assert.equal((await root.ask('GET', '/api/account')).status, 200)
})

test('CVE-2026-31871, CVE-2026-33539: nor is a name in a body, however deep it is, a column or a part of a statement', async (t) => {
  const { s, routes } = await start(t)
  const root = await joinAs(s, 'root', ['admin'])
  const before = await stateOf(s)
  const names = [...injected, '$where', 'a.b', 'email_key', 'user.id; --', '__proto__', 'constructor', 'sequence)']
  const nested = Object.fromEntries(names.map((name) => [name, { [name]: 1 }]))
  const taking = routes.filter(({ config }) => config?.reference?.body)
  assert.ok(taking.length > 25)
  for (const route of taking) {
    const { schema, example } = route.config?.reference?.body ?? {}
    const fields = Object.keys(schema?.properties ?? {})
    for (const body of [
      { ...nested, sort: nested, where: nested },
      ...fields.map((field) => ({ ...example, [field]: nested })),
    ]) {
      const { status, text } = await root.ask(route.method, route.path, body)
      assert.ok(status < 500, `${nameOf(route)}: ${status} ${text}`)
      assert.doesNotMatch(text, /sqlite|syntax error|no such column|select .* from/i, nameOf(route))
    }
  }
  assert.deepEqual(await stateOf(s), before)
})

test('CVE-2026-30966: no address leads to a table, not even for who may do everything', async (t) => {
  const { s, routes } = await start(t)
  const root = await joinAs(s, 'root', ['admin'])
  const parameters = routes.flatMap(({ url }) => [...url.matchAll(/:(\w+)/g)].map(([, name]) => name))
  assert.deepEqual([...new Set(parameters)].sort(), ['event', 'id', 'list', 'name', 'role', 'sid'])
  const before = await stateOf(s)
  for (const table of Object.keys(tableOwners)) {
    for (const folder of [
      '/',
      '/api/',
      '/api/admin/',
      '/api/admin/tables/',
      '/api/classes/',
      '/api/collections/',
      '/rest/',
    ]) {
      for (const [method, path] of [
        ['GET', `${folder}${table}`],
        ['POST', `${folder}${table}`],
        ['PUT', `${folder}${table}/${root.id}`],
        ['DELETE', `${folder}${table}/${root.id}`],
      ] as const) {
        const { status } = await root.ask(
          method,
          path,
          method === 'GET' ? undefined : { user_id: root.id, role: 'admin' },
        )
        assert.equal(status, 404, `${method} ${path}`)
      }
    }
  }
  assert.deepEqual(await stateOf(s), before)
})
