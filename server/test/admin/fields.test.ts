/** Every field of every route of the admin API: what it must not take, and what is none of it, of whatever role. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases } from '../databases.ts'
import type { FieldSchema } from '../routes.ts'
import type { TestServer } from '../start-server.ts'
import {
  type AdminRoute,
  BUILT_IN,
  covers,
  EVERYTHING,
  exampleOf,
  isLooking,
  keysLast,
  NOBODY,
  nameOf,
  nowhere,
  PLAIN,
  type Places,
  pathOf,
  permissionsOf,
  realPlaces,
  start,
  stateOf,
  wordsOf,
} from './admin-routes.ts'
import { joinAs } from './operators.ts'

// As they stand in an address; the last one would be half of a character pair, in bytes that are no UTF-8.
const wrongWords = ['', '%00', 'x%00', '-1', '9'.repeat(40), "'", '*', '%F0%9F%92%A9', '%ED%A0%80']

describe('every route of the admin API', () => {
  test('CVE-2026-32248: refuses each field that is not as it must be, with its name, and then changes nothing', async (t) => {
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
        for (const value of wrongWords) {
          for (const query of [`${name}=${value}`, `${name}=${value}&${name}=${value}`]) {
            const answer = await admin.ask(route.method, `${pathOf(route, places)}?${query}`)
            assert.ok([200, 400].includes(answer.status), `${nameOf(route)}?${query}: ${answer.text}`)
            asked++
          }
        }
      }
    }
    assert.equal(await stateOf(s), before)
    assert.ok(asked > 40)
  })

  for (const { kind, name } of databases())
    test(`finds nothing under a word that no database takes, and fails at none (${name})`, async (t) => {
      const { s, admin, routes } = await start(t, {}, kind)
      const places = await realPlaces(s, admin)
      const before = await stateOf(s)
      for (const route of routes) {
        const { query = {}, body } = route.config?.reference ?? {}
        for (const word of wrongWords.filter((word) => word.includes('%'))) {
          for (const name of Object.keys(query)) {
            const answer = await admin.ask(route.method, `${pathOf(route, places)}?${name}=${word}`)
            assert.ok([200, 400].includes(answer.status), `${nameOf(route)}?${name}=${word}: ${answer.text}`)
          }
          for (const path of pathsWith(word, route, places)) {
            const answer = await admin.ask(route.method, path, body?.example)
            assert.ok([400, 404].includes(answer.status), `${route.method} ${path}: ${answer.text}`)
          }
        }
      }
      assert.equal(await stateOf(s), before)
    })

  test('CVE-2026-40172, CVE-2024-47183, CVE-2026-49443: takes no field that is none of it, of any role: nobody gets a role, an id or a state in that way', async (t) => {
    const { s, admin: root, routes } = await start(t)
    await root.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
    await root.ask('PUT', '/api/admin/roles/each', { permissions: [...wordsOf(routes), 'orders:read'] })
    const held = await permissionsOf(s)
    let passed = 0
    for (const role of [...BUILT_IN, 'each', 'nothing']) {
      const maker = await joinAs(s, `maker-${role}`, ['admin'])
      const actor = await joinAs(s, `actor-${role}`, held.has(role) ? [role] : [])
      const admins = await holdersOf(s, 'admin')
      for (const route of keysLast(routes).filter((one) => !isLooking(one))) {
        const isAllowed = covers(held.get(role) ?? [], [route.config?.permission ?? ''])
        const places = isAllowed ? await realPlaces(s, maker) : nowhere()
        const before = isAllowed ? '' : await stateOf(s)
        const path = `${pathOf(route, places)}?user_id=${actor.id}&role=admin&roles=admin&is_admin=true`
        const answer = await actor.ask(route.method, path, withForeign(route, role))
        const what = `${nameOf(route)} by ${role}: ${answer.text}`
        assert.equal(answer.status < 300, isAllowed, what)
        if (isAllowed) passed++
        else assert.equal(await stateOf(s), before, what)
        assert.deepEqual(await holdersOf(s, 'admin'), admins, what)
        assert.deepEqual(await s.service.roles.rolesOf(actor.id), held.has(role) ? [role] : [], what)
        assert.equal(await s.db.selectFrom('user').select('id').where('id', '=', NOBODY).executeTakeFirst(), undefined)
      }
    }
    assert.ok(passed > 40, 'admin and each pass all of them, others some')
    const builtIn = (await s.service.roles.list()).filter(({ isBuiltIn }) => isBuiltIn).map(({ name }) => name)
    assert.deepEqual(builtIn, BUILT_IN)
  })
})

const foreign = {
  id: NOBODY,
  user_id: NOBODY,
  role: 'admin',
  roles: ['admin'],
  permissions: [EVERYTHING],
  is_admin: true,
  is_superuser: true,
  is_staff: true,
  is_built_in: true,
  awaits_proof: false,
  email_verified_at: 1,
}

/** The example with all that is none of the body; also as some merge it into everybody's prototype, which JSON.stringify does not write. */
function withForeign(route: AdminRoute, by: string): string {
  const known = Object.keys(route.config?.reference?.body?.schema.properties ?? {})
  const example = { ...exampleOf(route), ...(known.includes('email') && { email: `made-by-${by}@example.com` }) }
  const others = Object.fromEntries(Object.entries(foreign).filter(([field]) => !known.includes(field)))
  return `{"__proto__":{"roles":["admin"]},${JSON.stringify({ ...example, ...others }).slice(1)}`
}

async function holdersOf({ db }: TestServer, role: string): Promise<number[]> {
  const rows = await db.selectFrom('user_role').select('user_id').where('role', '=', role).orderBy('user_id').execute()
  return rows.map(({ user_id }) => user_id)
}

/** The address of the route, once for each of its parameters, with this word in its place. */
function pathsWith(word: string, route: AdminRoute, places: Places): string[] {
  const path = pathOf(route, places).split('/')
  return route.url.split('/').flatMap((part, index) => (part.startsWith(':') ? [path.with(index, word).join('/')] : []))
}

/** Values that a field with this schema must not take. */
function wrongFor(rule: FieldSchema, what: string): unknown[] {
  const others = [1.5, {}, '\0']
  if (rule.enum) return [...others, '', 'nonsense', []]
  switch (rule.type) {
    case 'string': {
      const short = (rule.minLength ?? 0) > 0 ? [''] : []
      return [1, true, {}, { $regex: '.' }, [], '\0', '\ud800', ...short, 'x'.repeat((rule.maxLength ?? 4096) + 1)]
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
