/** Operators define webhooks: what is shown, what is refused, and that it is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { expectProblem } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import { joinAs } from './operators.ts'

type Webhook = { id: string; url: string; types: string[]; description: string; is_active: boolean; secret?: string }

for (const { kind, name } of databases()) {
  test(`webhooks and their operator, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const admin = await joinAs(s, 'admin', ['admin'])
    const url = 'https://example.com/events'
    const created = await admin.ask('POST', '/api/admin/webhooks', { url, types: ['user.erased', 'user.erased'] })
    assert.equal(created.status, 201, created.text)
    const { secret, ...webhook } = created.json as Webhook

    await t.test('are made with a secret that is shown once and kept sealed', async () => {
      assert.match(secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/)
      assert.deepEqual(webhook, {
        id: webhook.id,
        url,
        description: '',
        types: ['user.erased'],
        is_active: true,
        disabled_because: null,
        created_at: new Date(s.clock.now()).toISOString(),
        last_delivered_at: null,
      })
      const listed = await admin.ask('GET', '/api/admin/webhooks')
      assert.deepEqual(listed.json, { webhooks: [webhook] })
      const rows = JSON.stringify(await s.db.selectFrom('webhook_endpoint').selectAll().execute())
      assert.ok(!rows.includes(String(secret).slice('whsec_'.length)) && !listed.text.includes('secret'))
    })

    await t.test('are changed in part', async () => {
      const answer = await admin.ask('PATCH', `/api/admin/webhooks/${webhook.id}`, {
        description: 'billing',
        types: ['*'],
      })
      assert.deepEqual(answer.json, { ...webhook, description: 'billing', types: ['*'] })
      assert.deepEqual((await admin.ask('GET', `/api/admin/webhooks/${webhook.id}`)).json, answer.json)
    })

    await t.test('are refused when they make no sense', async () => {
      for (const body of [
        {},
        { url },
        { url, types: [] },
        { url, types: ['no.such'] },
        { url, types: ['*', 'user.erased'] },
        { url: 7, types: ['*'] },
      ])
        expectProblem(await admin.ask('POST', '/api/admin/webhooks', body), 400, 'malformed-request')
      const path = `/api/admin/webhooks/${webhook.id}`
      expectProblem(await admin.ask('PATCH', path, { url: 'http://example.com' }), 400, 'malformed-request')
      expectProblem(await admin.ask('GET', `${path}/deliveries?state=odd`), 400, 'malformed-request')
      for (const [method, wrong] of [
        ['GET', '/api/admin/webhooks/none'],
        ['PATCH', '/api/admin/webhooks/none'],
        ['DELETE', '/api/admin/webhooks/none'],
        ['POST', '/api/admin/webhooks/none/rotate-secret'],
        ['GET', '/api/admin/webhooks/none/deliveries'],
        ['POST', `${path}/deliveries/none/redeliver`],
      ] as const)
        expectProblem(await admin.ask(method, wrong, method === 'PATCH' ? {} : undefined), 404, 'not-found')
    })

    await t.test('are no more than fifty', async () => {
      for (let number = 1; number < 50; number++)
        assert.equal((await admin.ask('POST', '/api/admin/webhooks', { url, types: ['*'] })).status, 201)
      expectProblem(await admin.ask('POST', '/api/admin/webhooks', { url, types: ['*'] }), 409, 'too-many-webhooks')
    })

    await t.test('are removed once, and every change is told with the operator’s id, never with a secret', async () => {
      const path = `/api/admin/webhooks/${webhook.id}`
      await admin.ask('POST', `${path}/rotate-secret`)
      assert.equal((await admin.ask('DELETE', path)).status, 204)
      expectProblem(await admin.ask('DELETE', path), 404, 'not-found')
      const rows = await s.db
        .selectFrom('event')
        .select(['type', 'actor_id', 'data'])
        .where('type', 'like', 'webhook.%')
        .orderBy('position')
        .execute()
      const own = rows.filter(({ data }) => JSON.parse(data).webhookId === webhook.id)
      assert.deepEqual(
        own.map(({ type, data }) => [type, JSON.parse(data).what]),
        [
          ['webhook.created', undefined],
          ['webhook.changed', 'description types'],
          ['webhook.changed', 'secret'],
          ['webhook.removed', undefined],
        ],
      )
      for (const { actor_id, data } of rows) assert.ok(actor_id === admin.id && !data.includes('whsec'))
    })
  })
}

test('where events tell what is personal, nobody defines who is told without being allowed to read it', async (t) => {
  const s = await startServer(t, { environment: { EVENTS_PERSONAL: 'on' } })
  const admin = await joinAs(s, 'admin', ['admin'])
  const permissions = ['webhooks:read', 'webhooks:write']
  assert.equal((await admin.ask('PUT', '/api/admin/roles/integrator', { permissions })).status, 204)
  const clerk = await joinAs(s, 'clerk', ['integrator'])
  const wanted = { url: 'https://example.com/events', types: ['*'] }
  const path = `/api/admin/webhooks/${((await admin.ask('POST', '/api/admin/webhooks', wanted)).json as Webhook).id}`
  const elsewhere = { url: 'https://elsewhere.example/events' }
  const before = await clerk.ask('GET', path)
  assert.equal(before.status, 200, before.text)

  for (const body of [wanted, {}])
    expectProblem(await clerk.ask('POST', '/api/admin/webhooks', body), 403, 'not-permitted')
  for (const body of [elsewhere, { types: ['*'] }, { is_active: true }])
    expectProblem(await clerk.ask('PATCH', path, body), 403, 'not-permitted')
  assert.deepEqual((await clerk.ask('GET', path)).json, before.json)
  assert.equal((await clerk.ask('POST', `${path}/rotate-secret`)).status, 200)

  await s.service.lifecycle.changeRole({ userId: clerk.id, role: 'auditor', isGranted: true })
  assert.equal((await clerk.ask('PATCH', path, elsewhere)).status, 200)
  assert.equal((await clerk.ask('POST', '/api/admin/webhooks', wanted)).status, 201)
})

test('where events tell nothing personal, the permission for webhooks is enough', async (t) => {
  const s = await startServer(t)
  const admin = await joinAs(s, 'admin', ['admin'])
  await admin.ask('PUT', '/api/admin/roles/integrator', { permissions: ['webhooks:write'] })
  const clerk = await joinAs(s, 'clerk', ['integrator'])
  const made = await clerk.ask('POST', '/api/admin/webhooks', { url: 'https://example.com/events', types: ['*'] })
  assert.equal(made.status, 201, made.text)
  const path = `/api/admin/webhooks/${(made.json as Webhook).id}`
  assert.equal((await clerk.ask('PATCH', path, { is_active: false })).status, 200)
})
