/** Who may ask what of the admin API: every route against every role, and nobody reaches above their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { watchRoutes } from '../routes.ts'
import { expectProblem, isGood, join, signIn } from '../scenario.ts'
import { adminPermissions, startServer } from '../start-server.ts'
import { eventsAbout, joinAs } from './operators.ts'

const held: Readonly<Record<string, readonly string[]>> = {
  admin: [
    'audit:read',
    'keys:write',
    'roles:write',
    'sessions:end',
    'users:read',
    'users:write',
    'webhooks:read',
    'webhooks:write',
  ],
  operator: ['audit:read', 'sessions:end', 'users:read', 'users:write'],
  support: ['sessions:end', 'users:read'],
  auditor: ['audit:read', 'users:read'],
  '': [],
}

test('every permission of the admin API is asked for by some route of it, and no other', async (t) => {
  const { routes } = await watchRoutes(() => startServer(t))
  const asked = routes.filter(({ url }) => url.startsWith('/api/admin/')).map(({ config }) => config?.permission)
  assert.deepEqual([...new Set(asked)].sort(), Object.keys(adminPermissions).sort())
})

test('every route of the admin API asks for a permission, and every role passes just the routes that it should', async (t) => {
  const { started: s, routes } = await watchRoutes(() => startServer(t))
  const admin = routes.filter(({ url }) => url.startsWith('/api/admin/'))
  assert.ok(admin.length >= 15)
  const people = await Promise.all(
    Object.entries(held).map(async ([role, words]) => ({
      role,
      words,
      person: await joinAs(s, `a${role}`, role ? [role] : []),
    })),
  )
  for (const { url, method, config } of admin) {
    const permission = config?.permission ?? ''
    const path = url.replace(':id', '424242').replace(':sid', 'none').replace(':role', 'none').replace(':name', 'none')
    for (const one of [method].flat()) {
      const anonymous = await s.ask({ method: one, path })
      assert.equal(anonymous.status, 401, `${one} ${path} without a token`)
      for (const { role, words, person } of people) {
        const answer = await person.ask(one, path)
        const isRefused = answer.status === 403
        assert.equal(isRefused, !words.includes(permission), `${one} ${path} as ${role || 'nobody'}: ${answer.status}`)
        assert.ok(answer.status < 500, answer.text)
      }
    }
  }
})

for (const { kind, name } of databases()) {
  test(`nobody reaches above their own, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const admin = await joinAs(s, 'admin', ['admin'])
    const operator = await joinAs(s, 'operator', ['operator'])
    const support = await joinAs(s, 'support', ['support'])
    const ann = await join(s, 'ann')

    await t.test('by acting on somebody who may do more', async () => {
      const above: [typeof operator, string, string][] = [
        [operator, 'POST', `/api/admin/users/${admin.id}/disable`],
        [operator, 'POST', `/api/admin/users/${admin.id}/enable`],
        [operator, 'DELETE', `/api/admin/users/${admin.id}`],
        [operator, 'DELETE', `/api/admin/users/${admin.id}/sessions`],
        [support, 'DELETE', `/api/admin/users/${operator.id}/sessions`],
      ]
      for (const [who, method, path] of above) expectProblem(await who.ask(method, path), 403, 'not-permitted')
      assert.ok(await isGood(s, admin.access))
      const told = await eventsAbout(s, admin.id)
      assert.ok(!told.some((type) => /disabled|enabled|erased|ended/.test(type)), told.join())
    })

    await t.test('by giving, or defining, what they do not hold', async () => {
      const clerk = { permissions: ['roles:write', 'orders:read'] }
      assert.equal((await admin.ask('PUT', '/api/admin/roles/clerk', clerk)).status, 204)
      assert.equal((await admin.ask('PUT', `/api/admin/users/${ann.id}/roles/clerk`)).status, 204)
      const clerkAsks = (method: string, path: string, body?: unknown) =>
        s.ask({ method, path, body, headers: { authorization: `Bearer ${ann.access}` } })
      for (const [method, path, body] of [
        ['PUT', `/api/admin/users/${ann.id}/roles/admin`, undefined],
        ['PUT', `/api/admin/users/${support.id}/roles/operator`, undefined],
        ['DELETE', `/api/admin/users/${support.id}/roles/support`, undefined],
        ['PUT', '/api/admin/roles/more', { permissions: ['orders:write'] }],
        ['PUT', '/api/admin/roles/clerk', { permissions: ['users:write'] }],
      ] as const) {
        expectProblem(await clerkAsks(method, path, body), 403, 'not-permitted')
      }
      const fine = await clerkAsks('PUT', '/api/admin/roles/reader', { permissions: ['orders:read'] })
      assert.equal(fine.status, 204, fine.text)
      expectProblem(await admin.ask('PUT', '/api/admin/roles/all', { permissions: ['*'] }), 400, 'malformed-request')
      expectProblem(await admin.ask('PUT', '/api/admin/roles/admin', { permissions: [] }), 400, 'malformed-request')
      expectProblem(await admin.ask('DELETE', '/api/admin/roles/admin'), 404, 'not-found')
    })

    await t.test('by defining anew, or removing, what somebody has from whom they could not take it', async () => {
      const packing = { permissions: ['orders:read', 'orders:pack'] }
      const chiefs = { permissions: ['roles:write', ...packing.permissions] }
      assert.equal((await admin.ask('PUT', '/api/admin/roles/packer', packing)).status, 204)
      assert.equal((await admin.ask('PUT', '/api/admin/roles/chief', chiefs)).status, 204)
      const chief = await joinAs(s, 'chief', ['chief'])
      const boss = await joinAs(s, 'boss', ['auditor', 'packer'])
      const pat = await joinAs(s, 'pat', ['packer'])
      const ways = [
        ['DELETE', `/api/admin/users/${boss.id}/roles/packer`, undefined],
        ['DELETE', '/api/admin/roles/packer', undefined],
        ['PUT', '/api/admin/roles/packer', { permissions: ['orders:read'] }],
        ['PUT', '/api/admin/roles/packer', chiefs],
      ] as const
      for (const [method, path, body] of ways) expectProblem(await chief.ask(method, path, body), 403, 'not-permitted')
      assert.deepEqual(await s.service.roles.permissionsOf(boss.id), [
        'audit:read',
        'orders:pack',
        'orders:read',
        'users:read',
      ])
      assert.ok(!(await eventsAbout(s, boss.id)).includes('role.revoked'))

      await s.service.lifecycle.changeRole({ userId: boss.id, role: 'packer', isGranted: false })
      await s.service.lifecycle.changeRole({ userId: chief.id, role: 'packer', isGranted: true })
      for (const [method, path, body] of [
        ['DELETE', `/api/admin/users/${chief.id}/roles/packer`, undefined],
        ['DELETE', '/api/admin/roles/packer', undefined],
        ['DELETE', '/api/admin/roles/chief', undefined],
        ['PUT', '/api/admin/roles/packer', { permissions: ['orders:read'] }],
      ] as const) {
        const answer = await chief.ask(method, path, body)
        expectProblem(answer, 403, 'not-permitted')
        assert.match(answer.text, /nobody does this to themselves/, `${method} ${path}`)
      }
      const added = await chief.ask('PUT', '/api/admin/roles/packer', chiefs)
      assert.equal(added.status, 204, `they may add what they hold: ${added.text}`)

      await s.service.lifecycle.changeRole({ userId: chief.id, role: 'packer', isGranted: false })
      const narrowed = await chief.ask('PUT', '/api/admin/roles/packer', packing)
      assert.equal(narrowed.status, 204, narrowed.text)
      assert.equal((await chief.ask('DELETE', '/api/admin/roles/packer')).status, 204)
      assert.deepEqual(await s.service.roles.rolesOf(pat.id), [])
      assert.equal((await eventsAbout(s, pat.id)).filter((type) => type === 'role.revoked').length, 1)
    })

    await t.test('and a role that was taken is gone from the next request on', async () => {
      assert.equal((await admin.ask('DELETE', `/api/admin/users/${support.id}/roles/support`)).status, 204)
      expectProblem(await support.ask('GET', '/api/admin/users'), 403, 'not-permitted')
      assert.equal((await admin.ask('DELETE', '/api/admin/roles/clerk')).status, 204)
      const headers = { authorization: `Bearer ${ann.access}` }
      expectProblem(await s.ask({ method: 'GET', path: '/api/admin/roles', headers }), 403, 'not-permitted')
      assert.ok((await eventsAbout(s, ann.id)).includes('role.revoked'))
    })

    await t.test('nor is anybody left with an access token after being disabled', async () => {
      assert.equal((await admin.ask('POST', `/api/admin/users/${operator.id}/disable`)).status, 200)
      expectProblem(await operator.ask('GET', '/api/admin/users'), 401, 'token-refused')
    })

    await t.test('a grant is told once, however many ask for it at once', async () => {
      const bob = await join(s, 'bob')
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => admin.ask('PUT', `/api/admin/users/${bob.id}/roles/auditor`)),
      )
      for (const { status } of answers) assert.equal(status, 204)
      const told = (await eventsAbout(s, bob.id)).filter((type) => type === 'role.granted')
      assert.equal(told.length, 1)
      await signIn(s, bob.email)
    })
  })
}
