/**
 * The admin API, every route by every role, on everybody, with every field: made of the routes as the service registers them, so that
 * a new one is in it by itself. A parameter or a kind of field that is not known here fails until somebody says what it stands for.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type FieldSchema, type Route, watchRoutes } from '../routes.ts'
import { claimsOf, expectProblem, join } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { joinAs, type Operator } from './operators.ts'

type AdminRoute = Pick<Route, 'url' | 'config'> & { method: string }

const EVERYTHING = '*'
const BUILT_IN = ['admin', 'operator', 'support', 'auditor'] as const
const PLAIN = 'plain' // a role without any power
const NOBODY = 424242

async function start(t: TestContext): Promise<{ s: TestServer; admin: Operator; routes: AdminRoute[] }> {
  const { started: s, routes } = await watchRoutes(() => startServer(t, { environment: { WEBHOOKS_PRIVATE: 'on' } }))
  const admin = await joinAs(s, 'root', ['admin'])
  const all = routes
    .filter(({ url }) => url.startsWith('/api/admin/'))
    .flatMap((route) => [route.method].flat().map((method) => ({ ...route, method })))
    .filter(({ method }) => method !== 'HEAD')
  assert.ok(all.length >= 20)
  return { s, admin, routes: all }
}

const wordsOf = (routes: readonly AdminRoute[]) => [...new Set(routes.map(({ config }) => config?.permission ?? ''))]
const nameOf = ({ method, url }: AdminRoute) => `${method} ${url}`
const exampleOf = ({ config }: AdminRoute) => config?.reference?.body?.example
const isAbout = ({ url }: AdminRoute, what: string) => url.startsWith(`/api/admin/${what}/:`)
const covers = (held: readonly string[], wanted: readonly string[]) =>
  held.includes(EVERYTHING) || wanted.every((word) => held.includes(word))

/** What each parameter stands for, where it stands. */
type Places = { user: number | string; session: string; role: string; key: string; webhook: string; event: string }

function pathOf(route: AdminRoute, places: Places): string {
  const first = isAbout(route, 'users') ? 'user' : isAbout(route, 'keys') ? 'key' : 'webhook'
  const meaning: Readonly<Record<string, keyof Places>> = {
    id: first,
    sid: 'session',
    role: 'role',
    name: 'role',
    event: 'event',
  }
  return route.url.replace(/:(\w+)/g, (_, parameter: string) => {
    const place = meaning[parameter]
    assert.ok(place, `${nameOf(route)}: say in this test what :${parameter} stands for`)
    return encodeURIComponent(places[place])
  })
}

/** Everything that an operator may change, as it is now. */
async function stateOf({ db }: TestServer): Promise<string> {
  const users = await db.selectFrom('user').select(['id', 'email', 'disabled_at', 'sessions_ended_at']).execute()
  const sessions = await db.selectFrom('session').select(['id', 'ended_at']).orderBy('id').execute()
  const tables = [
    'account_deletion',
    'user_role',
    'role',
    'password',
    'passkey',
    'totp',
    'signing_key',
    'webhook_endpoint',
  ] as const
  const rows = []
  for (const table of tables) rows.push(await db.selectFrom(table).selectAll().execute())
  return JSON.stringify([users, sessions, rows])
}

describe('every route of the admin API', () => {
  test('is passed by whoever holds its permission, and by nobody who holds all the others', async (t) => {
    const { s, admin, routes } = await start(t)
    const words = wordsOf(routes)
    const places = nowhere()
    for (const [index, word] of words.entries()) {
      const role = `all-but-${index}`
      const others = words.filter((other) => other !== word)
      assert.equal((await admin.ask('PUT', `/api/admin/roles/${role}`, { permissions: others })).status, 204)
      const lacking = await joinAs(s, role, [role])
      for (const route of routes) {
        const isNeeded = route.config?.permission === word
        const answer = await lacking.ask(route.method, pathOf(route, places), exampleOf(route))
        if (isNeeded) expectProblem(answer, 403, 'not-permitted')
        else if (!isReach(route)) assert.notEqual(answer.status, 403, `${nameOf(route)} without ${word}`)
      }
    }
  })

  test('CVE-2026-9795: that acts on a user is refused to whoever may do less than that user, and then changes nothing', async (t) => {
    const { s, admin, routes } = await start(t)
    await admin.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
    const held = await permissionsOf(s)
    for (const [index, word] of wordsOf(routes).entries()) {
      const role = `only-${index}`
      assert.equal((await admin.ask('PUT', `/api/admin/roles/${role}`, { permissions: [word] })).status, 204)
      held.set(role, [word])
    }
    const actors = await Promise.all(
      [...held.keys()]
        .filter((role) => role !== PLAIN)
        .map(async (role) => ({ role, who: await joinAs(s, role, [role]) })),
    )
    const acting = routes.filter((route) => isAbout(route, 'users') && route.method !== 'GET')
    assert.ok(acting.length >= 8, 'disable, enable, erase, reset, end one, end all, grant, revoke')
    let passed = 0
    for (const target of [...BUILT_IN, '']) {
      let person = await joinTarget(s, target)
      for (const route of acting) {
        for (const { role, who } of actors) {
          const mine = held.get(role) ?? []
          const isAllowed =
            covers(mine, [route.config?.permission ?? '']) &&
            covers(mine, held.get(target) ?? []) &&
            (!route.url.includes(':role') || covers(mine, held.get(PLAIN) ?? []))
          const before = isAllowed ? '' : await stateOf(s)
          const path = pathOf(route, { ...nowhere(), user: person.id, session: person.sid, role: PLAIN })
          const answer = await who.ask(route.method, path, exampleOf(route))
          const what = `${nameOf(route)} by ${role} on ${target || 'somebody without a role'}: ${answer.text}`
          assert.equal(answer.status === 403, !isAllowed, what)
          if (!isAllowed) assert.equal(await stateOf(s), before, what)
          if (isAllowed) {
            assert.ok(answer.status < 300 || (answer.status === 404 && route.url.endsWith(':role')), what)
            passed++
            person = await joinTarget(s, target)
          }
        }
      }
    }
    assert.ok(passed > acting.length, 'some may')
  })

  test('that gives, takes, defines or removes a role is for whoever holds all that is in it', async (t) => {
    const { s, admin } = await start(t)
    await admin.ask('PUT', '/api/admin/roles/reader', { permissions: ['orders:read'] })
    await admin.ask('PUT', '/api/admin/roles/writer', { permissions: ['orders:read', 'orders:write'] })
    await admin.ask('PUT', '/api/admin/roles/giver', { permissions: ['roles:write', 'orders:read'] })
    const giver = await joinAs(s, 'giver', ['giver'])
    const held = await permissionsOf(s)
    const mine = held.get('giver') ?? []
    for (const [role, permissions] of held) {
      const bob = await join(s, `bob-${role}`)
      const isCovered = covers(mine, permissions)
      for (const user of [bob.id, giver.id]) {
        const given = await giver.ask('PUT', `/api/admin/users/${user}/roles/${role}`)
        assert.equal(given.status, isCovered ? 204 : 403, `${role} to ${user}: ${given.text}`)
      }
      for (const word of permissions) {
        const defined = await giver.ask('PUT', `/api/admin/roles/of-${role}`, { permissions: [word] })
        const wanted = word === EVERYTHING ? [400, 403] : [covers(mine, [word]) ? 204 : 403]
        assert.ok(wanted.includes(defined.status), `${word}: ${defined.text}`)
      }
      if (isCovered) continue
      const before = await stateOf(s)
      assert.ok([400, 403].includes((await giver.ask('PUT', `/api/admin/roles/${role}`, { permissions: [] })).status))
      assert.ok([403, 404].includes((await giver.ask('DELETE', `/api/admin/roles/${role}`)).status))
      assert.equal(await stateOf(s), before, role)
    }
    const { roles } = (await admin.ask('GET', `/api/admin/users/${giver.id}`)).json as { roles: string[] }
    assert.deepEqual(
      roles.filter((role) => !['giver', 'reader'].includes(role) && !role.startsWith('of-')),
      [],
    )
  })

  test('answers 404 for the id of nobody, and for one of somebody else where it does not belong', async (t) => {
    const { s, admin, routes } = await start(t)
    const [ann, bob] = [await joinTarget(s, ''), await joinTarget(s, '')]
    const [one, two] = [await makeWebhook(s, admin), await makeWebhook(s, admin)]
    await admin.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
    const key = String(s.service.keys.list()[0]?.id)
    const real: Places = { user: ann.id, session: ann.sid, role: PLAIN, key, webhook: one.id, event: one.event }
    const wrong: { readonly [P in keyof Places]: readonly string[] } = {
      user: ['0', '-1', '1e3', 'ann', '%', `${NOBODY}`, '9'.repeat(30), ' 1', '1 '],
      session: [bob.sid, 'f'.repeat(32), 'x', '%'],
      role: ['nothing', 'Plain', '%'],
      key: ['nothing', '%', 'f'.repeat(43)],
      webhook: ['nothing', 'f'.repeat(32), '%'],
      event: [two.event, 'f'.repeat(32), '%'],
    }
    const creating = 'PUT /api/admin/roles/:name' // a name that there is not yet is what it is for
    let asked = 0
    for (const route of routes) {
      for (const [place, values] of Object.entries(wrong)) {
        for (const value of values) {
          const path = pathOf(route, { ...real, [place]: value })
          if (path === pathOf(route, real) || nameOf(route) === creating) continue
          const before = await stateOf(s)
          const answer = await admin.ask(route.method, path, exampleOf(route))
          assert.equal(answer.status, 404, `${route.method} ${path}: ${answer.text}`)
          assert.match(answer.text, /"code":"(user-unknown|not-found)"/)
          assert.equal(await stateOf(s), before, `${route.method} ${path}`)
          asked++
        }
      }
    }
    assert.ok(asked > 40)
  })

  test('refuses each field that is not as it must be, with its name, and then changes nothing', async (t) => {
    const { s, admin, routes } = await start(t)
    const places = await realPlaces(s, admin)
    const before = await stateOf(s)
    let asked = 0
    for (const route of routes) {
      const { schema, example } = route.config?.reference?.body ?? {}
      for (const [field, rule] of Object.entries(schema?.properties ?? {})) {
        const isRequired = schema?.required?.includes(field) ?? false
        for (const value of [
          ...wrongFor(rule, `${nameOf(route)}: ${field}`),
          ...(isRequired ? [undefined, null] : []),
        ]) {
          const answer = await admin.ask(route.method, pathOf(route, places), { ...example, [field]: value })
          const what = `${nameOf(route)} ${field}: ${JSON.stringify(value)?.slice(0, 40)} ${answer.text}`
          assert.equal(answer.status, 400, what)
          const { code, errors } = answer.json as { code: string; errors: { pointer: string }[] }
          assert.deepEqual([code, errors[0]?.pointer.startsWith(`/${field}`)], ['malformed-request', true], what)
          asked++
        }
      }
      for (const name of Object.keys(route.config?.reference?.query ?? {})) {
        for (const value of ['', '%00', '-1', '9'.repeat(40), "'", '*', '%F0%9F%92%A9']) {
          const answer = await admin.ask(route.method, `${pathOf(route, places)}?${name}=${value}&${name}=${value}`)
          assert.ok([200, 400].includes(answer.status), `${nameOf(route)}?${name}=${value}: ${answer.text}`)
          asked++
        }
      }
    }
    assert.equal(await stateOf(s), before)
    assert.ok(asked > 40)
  })

  test('CVE-2026-40172, CVE-2024-47183, CVE-2026-49443: takes no field that is none of it: nobody gets a role, an id or a state in that way', async (t) => {
    const { s, routes } = await start(t)
    const operator = await joinAs(s, 'operator', ['operator'])
    const extra = {
      id: operator.id,
      user_id: operator.id,
      role: 'admin',
      roles: ['admin'],
      permissions: [EVERYTHING],
      is_admin: true,
      is_superuser: true,
      is_staff: true,
      awaits_proof: false,
      email_verified_at: 1,
    }
    for (const route of routes.filter(({ config }) => config?.permission === 'users:write')) {
      const person = await joinTarget(s, '')
      const known = Object.keys(route.config?.reference?.body?.schema.properties ?? {})
      const foreign = Object.fromEntries(Object.entries(extra).filter(([field]) => !known.includes(field)))
      // As no JSON.stringify writes it, and as some merge it into everybody's prototype.
      const body = `{"__proto__":{"roles":["admin"]},${JSON.stringify({ ...exampleOf(route), ...foreign }).slice(1)}`
      const path = pathOf(route, { ...nowhere(), user: person.id, session: person.sid })
      const answer = await operator.ask(route.method, path, body)
      assert.ok(answer.status < 300, `${nameOf(route)}: ${answer.text}`)
    }
    const given = await s.db.selectFrom('user_role').select(['user_id', 'role']).where('role', '=', 'admin').execute()
    assert.equal(given.length, 1, 'root alone')
    const own = await s.service.roles.rolesOf(operator.id)
    assert.deepEqual(own, ['operator'])
  })

  test('says nothing of a body or an id to whoever lacks its permission', async (t) => {
    const { s, routes } = await start(t)
    const nobody = await joinAs(s, 'nobody', [])
    for (const route of routes) {
      for (const body of [undefined, 'nonsense', '{"a":', exampleOf(route)]) {
        const path = pathOf(route, nowhere())
        expectProblem(await nobody.ask(route.method, path, body), 403, 'not-permitted')
        const headers = { authorization: 'Bearer nonsense' }
        assert.equal((await s.ask({ method: route.method, path, body, headers })).status, 401, nameOf(route))
      }
    }
  })
})

/** Whether a route may refuse by whom it acts on, or by what it gives. */
const isReach = (route: AdminRoute) => isAbout(route, 'users') || isAbout(route, 'roles')

const nowhere = (): Places => ({
  user: NOBODY,
  session: 'f'.repeat(32),
  role: 'nothing',
  key: 'nothing',
  webhook: 'f'.repeat(32),
  event: 'f'.repeat(32),
})

async function permissionsOf({ service }: TestServer): Promise<Map<string, readonly string[]>> {
  return new Map((await service.roles.list()).map(({ name, permissions }) => [name, permissions]))
}

let people = 0

/** Somebody new with this role, signed in. */
async function joinTarget(s: TestServer, role: string) {
  const person = await join(s, `target${++people}`)
  if (role) await s.service.lifecycle.changeRole({ userId: person.id, role, isGranted: true })
  return { ...person, sid: claimsOf(person.access).sid }
}

/** A webhook with an event on its way to it. */
async function makeWebhook(s: TestServer, admin: Operator): Promise<{ id: string; event: string }> {
  const body = { url: 'http://127.0.0.1:9/', types: ['user.disabled'] }
  const { id } = (await admin.ask('POST', '/api/admin/webhooks', body)).json as { id: string }
  const sequence = ++people
  const event = String(sequence).padStart(32, '0')
  const state = { state: 'delivered' as const, attempts: 1, next_at: 0, last_status: 200, last_failure: null }
  const row = { endpoint_id: id, sequence, event_id: event, type: 'user.disabled', user_id: null, ...state }
  await s.db
    .insertInto('webhook_delivery')
    .values({ ...row, created_at: 0, finished_at: 0 })
    .execute()
  return { id, event }
}

async function realPlaces(s: TestServer, admin: Operator): Promise<Places> {
  const person = await joinTarget(s, '')
  const { id: webhook, event } = await makeWebhook(s, admin)
  await admin.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
  return {
    user: person.id,
    session: person.sid,
    role: PLAIN,
    key: String(s.service.keys.list()[0]?.id),
    webhook,
    event,
  }
}

/** Values that a field with this schema must not take. */
function wrongFor(rule: FieldSchema, what: string): unknown[] {
  const others = [1.5, {}, '\0']
  if (rule.enum) return [...others, '', 'nonsense', []]
  switch (rule.type) {
    case 'string': {
      const short = (rule.minLength ?? 0) > 0 ? [''] : []
      return [1, true, {}, [], '\0', '\ud800', ...short, 'x'.repeat((rule.maxLength ?? 4096) + 1)]
    }
    case 'boolean':
      return [...others, 'true', 1, 0, []]
    case 'integer':
      return [...others, '1', -1, Number(rule.maximum ?? 1e15) + 1, []]
    case 'array': {
      assert.ok(rule.items, what)
      const many = Array.from({ length: (rule.maxItems ?? 1000) + 1 }, () => 'x')
      return [...others, 'x', true, many, ...wrongFor(rule.items, what).map((item) => [item])]
    }
    default:
      return assert.fail(`${what}: say in this test which values of ${JSON.stringify(rule)} are wrong`)
  }
}
