/**
 * The admin API, every route by every role, on everybody (each field: fields.test.ts): made of the routes as the service registers them, so that
 * a new one is in it by itself. A parameter or a kind of field that is not known here fails until somebody says what it stands for.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { anotherSession, bearer, enrolApp, prove } from '../account/factors.ts'
import type { Answer } from '../client.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectProblem, join } from '../scenario.ts'
import {
  type AdminRoute,
  actingOnUsers,
  BUILT_IN,
  covers,
  EVERYTHING,
  exampleOf,
  isLooking,
  isReach,
  joinTarget,
  keysLast,
  makeWebhook,
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

  test('CVE-2026-9795, CVE-2026-16106: that acts on a user is refused to whoever may do less than that user, and then changes nothing', async (t) => {
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
    const acting = actingOnUsers(routes)
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

  test('that acts on a user is refused to whoever acts on themselves, but where only their own sessions end or nothing is lost', async (t) => {
    const { s, admin, routes } = await start(t)
    await admin.ask('PUT', `/api/admin/roles/${PLAIN}`, { permissions: ['orders:read'] })
    const held = await permissionsOf(s)
    const refusedTo: string[] = []
    let selves = 0
    for (const route of actingOnUsers(routes)) {
      for (const role of BUILT_IN) {
        if (!covers(held.get(role) ?? [], [route.config?.permission ?? ''])) continue
        const self = await joinAs(s, `self${++selves}`, [role])
        const sid = claimsOf(self.access).sid
        const before = await stateOf(s)
        const path = pathOf(route, { ...nowhere(), user: self.id, session: sid, role: PLAIN })
        const answer = await self.ask(route.method, path, exampleOf(route))
        const what = `${nameOf(route)} by ${role} on themselves: ${answer.text}`
        assert.equal(answer.status < 300, harmlessToOneself.includes(nameOf(route)), what)
        if (answer.status < 300) continue
        expectProblem(answer, 403, 'not-permitted')
        assert.match(answer.text, /nobody does this to themselves/, what)
        assert.equal(await stateOf(s), before, what)
        refusedTo.push(what)
      }
    }
    assert.equal(refusedTo.length, 7, 'disable, erase and reset: admin and operator; take a role: admin')
  })

  test('that gives, takes, defines or removes a role is for whoever holds all that is in it, or everything where nothing is', async (t) => {
    const { s, admin } = await start(t)
    await admin.ask('PUT', '/api/admin/roles/reader', { permissions: ['orders:read'] })
    await admin.ask('PUT', '/api/admin/roles/writer', { permissions: ['orders:read', 'orders:write'] })
    await admin.ask('PUT', '/api/admin/roles/bare', { permissions: [] })
    await admin.ask('PUT', '/api/admin/roles/giver', { permissions: ['roles:write', 'orders:read'] })
    const giver = await joinAs(s, 'giver', ['giver'])
    const held = await permissionsOf(s)
    const mine = held.get('giver') ?? []
    for (const [role, permissions] of held) {
      const bob = await join(s, `bob-${role}`)
      const isCovered = coversRole(mine, permissions)
      for (const user of [bob.id, giver.id]) {
        const given = await giver.ask('PUT', `/api/admin/users/${user}/roles/${role}`)
        assert.equal(given.status, isCovered ? 204 : 403, `${role} to ${user}: ${given.text}`)
      }
      for (const word of permissions) {
        const defined = await giver.ask('PUT', `/api/admin/roles/of-${role}`, { permissions: [word] })
        const wanted = word === EVERYTHING ? [400, 403] : [covers(mine, [word]) ? 204 : 403]
        assert.ok(wanted.includes(defined.status), `${word}: ${defined.text}`)
      }
      const holder = await joinTarget(s, isCovered ? '' : role)
      const before = await stateOf(s)
      assert.ok([400, 403].includes((await giver.ask('PUT', `/api/admin/roles/${role}`, { permissions: [] })).status))
      if (!isCovered) {
        const filled = await giver.ask('PUT', `/api/admin/roles/${role}`, { permissions: ['orders:read'] })
        assert.ok([400, 403].includes(filled.status), `${role}: ${filled.text}`)
        assert.ok([403, 404].includes((await giver.ask('DELETE', `/api/admin/roles/${role}`)).status))
        expectProblem(await giver.ask('DELETE', `/api/admin/users/${holder.id}/roles/${role}`), 403, 'not-permitted')
      }
      assert.equal(await stateOf(s), before, role)
    }
    expectProblem(await giver.ask('PUT', '/api/admin/roles/more', { permissions: [] }), 403, 'not-permitted')
    const { roles } = (await admin.ask('GET', `/api/admin/users/${giver.id}`)).json as { roles: string[] }
    assert.deepEqual(
      roles.filter((role) => !['giver', 'reader'].includes(role) && !role.startsWith('of-')),
      [],
    )
    const carl = await join(s, 'carl')
    for (const [method, path] of [
      ['PUT', `/api/admin/users/${carl.id}/roles/bare`],
      ['DELETE', `/api/admin/users/${carl.id}/roles/bare`],
      ['DELETE', '/api/admin/roles/bare'],
    ] as const)
      assert.equal((await admin.ask(method, path)).status, 204, `${method} ${path} by whoever holds everything`)
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

  test('that changes something asks for a proof just before, and does nothing without; looking does not', async (t) => {
    const { s, admin, routes } = await start(t)
    await s.clock.advance(FRESH_SECONDS + 1)
    const places = await realPlaces(s, await joinAs(s, 'fresh', ['admin']))
    const before = await stateOf(s)
    for (const route of routes) {
      const answer = await admin.ask(route.method, pathOf(route, places), exampleOf(route))
      assert.equal(
        JSON.stringify(route.config?.reference).includes('step-up-required'),
        !isLooking(route),
        nameOf(route),
      )
      if (isLooking(route)) assert.equal(answer.status, 200, nameOf(route))
      else expectStepUp(answer, `max_age="${FRESH_SECONDS}"`)
    }
    assert.equal(await stateOf(s), before)
    const proof = await admin.ask('POST', '/api/account/step-up', { password: admin.password })
    assert.equal(proof.status, 200, proof.text)
    for (const route of keysLast(routes)) {
      const answer = await admin.ask(route.method, pathOf(route, await realPlaces(s, admin)), exampleOf(route))
      assert.ok(answer.status < 300, `${nameOf(route)}: ${answer.text}`)
    }
    assert.notEqual(await stateOf(s), before)
  })

  test('that changes something asks whoever has a second factor for both, however fresh the password is', async (t) => {
    const { s, admin, routes } = await start(t)
    await enrolApp(s, admin)
    const places = await realPlaces(s, admin)
    const weak = await anotherSession(s, admin)
    const before = await stateOf(s)
    const changing = keysLast(routes).filter((route) => !isLooking(route))
    const ask = (route: AdminRoute, path: string) =>
      s.ask({ method: route.method, path, body: exampleOf(route), headers: bearer(weak) })
    for (const route of changing) expectStepUp(await ask(route, pathOf(route, places)), 'acr_values="aal2"')
    assert.equal(await stateOf(s), before)
    await prove(s, weak, 'pwd', 'otp', 'mfa')
    for (const route of changing) {
      const answer = await ask(route, pathOf(route, await realPlaces(s, admin)))
      assert.ok(answer.status < 300, `${nameOf(route)}: ${answer.text}`)
    }
  })

  test('is closed to tokens of the old service, which name no session: also to look', async (t) => {
    const { s, admin, routes } = await start(t, { JWT_SECRET_KEY: OLD_KEY })
    const places = await realPlaces(s, admin)
    const nobody = await join(s, 'nobody')
    const before = await stateOf(s)
    for (const route of routes) {
      const askAs = (userId: number) => {
        const headers = bearer({ access: signOld(oldClaims(s, userId, 'access')) })
        return s.ask({ method: route.method, path: pathOf(route, places), body: exampleOf(route), headers })
      }
      expectProblem(await askAs(admin.id), 401, 'token-refused')
      expectProblem(await askAs(nobody.id), 403, 'not-permitted')
    }
    assert.equal(await stateOf(s), before)
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

const FRESH_SECONDS = 300

/** Everybody holds nothing: a role without permissions is for whoever holds everything. */
const coversRole = (held: readonly string[], permissions: readonly string[]) =>
  covers(held, permissions.length > 0 ? permissions : [EVERYTHING])

const harmlessToOneself = [
  'POST /api/admin/users/:id/enable',
  'POST /api/admin/users/:id/deletion/undo',
  'DELETE /api/admin/users/:id/sessions',
  'DELETE /api/admin/users/:id/sessions/:sid',
  'PUT /api/admin/users/:id/roles/:role', // nobody gives what they do not hold
]

/** RFC 9470 §3. */
function expectStepUp(answer: Answer, demand: string): void {
  expectProblem(answer, 401, 'step-up-required')
  const challenge = String(answer.headers['www-authenticate'])
  assert.match(challenge, /^Bearer .*error="insufficient_user_authentication"/)
  assert.ok(challenge.includes(demand), challenge)
}
