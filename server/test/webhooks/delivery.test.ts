/** Events on their way to webhooks: to a receiver that takes them, fails, hangs, redirects, is gone, wants a pause, or is none. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { joinAs, type Operator } from '../admin/operators.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { relayAll } from '../events/relaying.ts'
import { eventually } from '../eventually.ts'
import { expectProblem, join, type Person, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { type Receiver, signatureBy, startReceiver } from './receiver.ts'

const never = new AbortController().signal
const TYPES = ['user.disabled', 'user.enabled']

type Scene = { s: TestServer; admin: Operator; ann: Person; receiver: Receiver; id: string; secret: string }

/** A server, a receiver, and a webhook between them. */
async function setUp(t: TestContext, options: { kind?: DatabaseKind; types?: string[] } = {}): Promise<Scene> {
  const { kind = 'sqlite', types = TYPES } = options
  const s = await startServer(t, { kind, environment: { WEBHOOKS_PRIVATE: 'on' } })
  const [admin, ann, receiver] = [await joinAs(s, 'admin', ['admin']), await join(s, 'ann'), await startReceiver(t)]
  const answer = await admin.ask('POST', '/api/admin/webhooks', { url: receiver.url, types })
  assert.equal(answer.status, 201, answer.text)
  const { id, secret } = answer.json as { id: string; secret: string }
  return { s, admin, ann, receiver, id, secret }
}

/** Something happens to a user: it can be told which time it was by the type of its event. */
async function happen({ s }: Scene, { id }: Person, count = 1): Promise<void> {
  for (let number = 0; number < count; number++)
    await (number % 2 === 0 ? s.service.lifecycle.disable(id) : s.service.lifecycle.enable(id))
}

async function fanOut(t: TestContext, { s }: Scene): Promise<void> {
  await relayAll(t, s)
  const stopping = new AbortController()
  const { events, webhooks } = s.service
  const relay = events.relay({ consumers: [webhooks.consumer], watch: async () => {} }, stopping.signal)
  const end = (await events.end())?.sequence
  await eventually('webhooks know of all', async () => {
    const cursor = await s.db
      .selectFrom('event_consumer')
      .select('sequence')
      .where('name', '=', 'webhooks')
      .executeTakeFirst()
    return cursor?.sequence === end
  })
  stopping.abort()
  await relay
}

async function tell(t: TestContext, scene: Scene): Promise<number> {
  await fanOut(t, scene)
  return scene.s.service.webhooks.deliverDue(never)
}

type Delivery = {
  event: string
  type: string
  state: string
  attempts: number
  last_status: number | null
  last_failure: string | null
  next_at: string | null
}

async function deliveries({ admin, id }: Scene, query = ''): Promise<Delivery[]> {
  const answer = await admin.ask('GET', `/api/admin/webhooks/${id}/deliveries${query}`)
  assert.equal(answer.status, 200, answer.text)
  return (answer.json as { deliveries: Delivery[] }).deliveries
}

const shown = async ({ admin, id }: Scene) =>
  (await admin.ask('GET', `/api/admin/webhooks/${id}`)).json as { is_active: boolean; disabled_because: string | null }

for (const { kind, name } of databases()) {
  test(`what is wanted is posted once, signed, in order per user, on ${name}`, async (t) => {
    const scene = await setUp(t, { kind })
    const { ann, receiver, secret, s } = scene
    const bob = await join(s, 'bob')
    await happen(scene, ann, 3)
    await happen(scene, bob, 2)
    assert.equal(await tell(t, scene), 5)
    assert.equal(await tell(t, scene), 0)
    const of = (person: Person) =>
      receiver.calls.filter(({ event }) => event.subject === String(person.id)).map(({ event }) => event.type)
    assert.deepEqual(of(ann), ['user.disabled', 'user.enabled', 'user.disabled'])
    assert.deepEqual(of(bob), ['user.disabled', 'user.enabled'])
    for (const call of receiver.calls) {
      const { headers, event } = call
      assert.equal(headers['content-type'], 'application/cloudevents+json')
      assert.deepEqual([headers['webhook-id'], event.source], [event.id, 'https://auth.example.com'])
      assert.equal(headers['webhook-timestamp'], String(s.clock.seconds()))
      assert.equal(signatureBy(secret, call), 0)
      assert.equal(event.data.address, undefined)
    }
  })

  test(`two services send each event once, on ${name}`, async (t) => {
    const scene = await setUp(t, { kind, types: ['*'] })
    const other = await startServer(t, { kind, url: scene.s.url, environment: { WEBHOOKS_PRIVATE: 'on' } })
    scene.receiver.answer = (_request, response) => void setTimeout(() => response.writeHead(200).end(), 5)
    for (let turn = 0; turn < 10; turn++) await signIn(scene.s, scene.ann.email)
    await fanOut(t, scene)
    const attempts = await Promise.all([scene.s, other].map(({ service }) => service.webhooks.deliverDue(never)))
    const ids = scene.receiver.calls.map(({ event }) => event.id)
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(ids.length, (attempts[0] as number) + (attempts[1] as number))
    assert.equal(ids.length, (await deliveries(scene)).filter(({ state }) => state === 'delivered').length)
  })
}

test('one that fails is tried again by the schedule, with the same id and a new time; those after it of the user wait', async (t) => {
  const scene = await setUp(t)
  const { s, ann, receiver, secret } = scene
  receiver.answer = (_request, response) => response.writeHead(500).end()
  const bob = await join(s, 'bob')
  await happen(scene, ann, 2)
  await happen(scene, bob, 1)
  assert.equal(await tell(t, scene), 2) // the first of each
  assert.equal(await s.service.webhooks.deliverDue(never), 0) // not before its time
  await s.clock.advance(6)
  assert.equal(await s.service.webhooks.deliverDue(never), 2)
  receiver.answer = (_request, response) => response.writeHead(200).end()
  await s.clock.advance(331)
  assert.equal(await s.service.webhooks.deliverDue(never), 3)
  const calls = receiver.calls.filter(({ event }) => event.subject === String(ann.id))
  assert.deepEqual(
    calls.map(({ event }) => event.type),
    ['user.disabled', 'user.disabled', 'user.disabled', 'user.enabled'],
  )
  assert.equal(new Set(calls.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1)
  assert.equal(new Set(calls.slice(0, 3).map(({ headers }) => headers['webhook-timestamp'])).size, 3)
  for (const call of calls) assert.equal(signatureBy(secret, call), 0)
})

test('one that is never taken is given up after three days, the webhook is disabled and that is told; it can be sent again', async (t) => {
  const scene = await setUp(t)
  const { s, admin, ann, id, receiver } = scene
  receiver.answer = (_request, response) => response.writeHead(500).end()
  await happen(scene, ann)
  let attempts = await tell(t, scene)
  for (let hours = 0; hours < 90 * 2; hours++) {
    await s.clock.advance(1800)
    attempts += await s.service.webhooks.deliverDue(never)
  }
  assert.equal(attempts, 10)
  const { access } = await signIn(s, admin.email) // days have passed
  const headers = { authorization: `Bearer ${access}` }
  const ask: Operator['ask'] = (method, path, body) => s.ask({ method, path, body, headers })
  const later = { ...scene, admin: { ...admin, ask } }
  const { is_active, disabled_because } = await shown(later)
  assert.deepEqual([is_active, disabled_because], [false, 'failing'])
  const [dead] = await deliveries(later, '?state=dead')
  assert.deepEqual([dead?.attempts, dead?.last_status, dead?.next_at], [10, 500, null])
  const told = await s.db
    .selectFrom('event')
    .select(['reason', 'data'])
    .where('type', '=', 'webhook.disabled')
    .execute()
  assert.deepEqual(
    told.map(({ reason, data }) => [reason, JSON.parse(data)]),
    [['failing', { webhookId: id }]],
  )

  receiver.answer = (_request, response) => response.writeHead(200).end()
  const path = `/api/admin/webhooks/${id}`
  assert.equal((await ask('PATCH', path, { is_active: true })).status, 200)
  const again = `${path}/deliveries/${dead?.event}/redeliver`
  assert.equal((await ask('POST', again)).status, 202)
  expectProblem(await ask('POST', again), 404, 'not-found') // it is due already
  const asked = s.db.selectFrom('event').select(['actor_id', 'data']).where('type', '=', 'webhook.redelivered')
  assert.deepEqual(
    (await asked.execute()).map(({ actor_id, data }) => [actor_id, JSON.parse(data)]),
    [[scene.admin.id, { webhookId: id, eventId: dead?.event }]],
  )
  assert.equal(await s.service.webhooks.deliverDue(never), 1)
  assert.equal(receiver.calls.at(-1)?.event.id, dead?.event)
})

test('one that answers 410 is disabled at once', async (t) => {
  const scene = await setUp(t)
  scene.receiver.answer = (_request, response) => response.writeHead(410).end()
  await happen(scene, scene.ann, 3)
  assert.equal(await tell(t, scene), 1)
  assert.deepEqual(await shown(scene).then(({ is_active, disabled_because }) => [is_active, disabled_because]), [
    false,
    'gone',
  ])
  await scene.s.clock.advance(86_400)
  assert.equal(await scene.s.service.webhooks.deliverDue(never), 0)
})

test('what happens while a webhook is disabled by itself waits, and is sent in order when it is enabled', async (t) => {
  const scene = await setUp(t)
  const { s, ann, admin, id, receiver } = scene
  receiver.answer = (_request, response) => response.writeHead(410).end()
  await happen(scene, ann)
  assert.equal(await tell(t, scene), 1)
  await s.service.lifecycle.enable(ann.id)
  await s.service.lifecycle.disable(ann.id)
  assert.equal(await tell(t, scene), 0)
  assert.deepEqual(
    (await deliveries(scene, '?state=due')).map(({ type, attempts }) => [type, attempts]),
    [
      ['user.disabled', 0],
      ['user.enabled', 0],
    ],
  )
  receiver.answer = (_request, response) => response.writeHead(200).end()
  await admin.ask('PATCH', `/api/admin/webhooks/${id}`, { is_active: true })
  assert.equal(await s.service.webhooks.deliverDue(never), 2)
  const [dead] = await deliveries(scene, '?state=dead') // the one that was refused: an operator sends it
  await admin.ask('POST', `/api/admin/webhooks/${id}/deliveries/${dead?.event}/redeliver`)
  assert.equal(await s.service.webhooks.deliverDue(never), 1)
  assert.deepEqual(
    receiver.calls.map(({ event }) => event.type),
    ['user.disabled', 'user.enabled', 'user.disabled', 'user.disabled'],
  )
})

test('one that answers 429 is let alone for as long as it says, with everything', async (t) => {
  const scene = await setUp(t)
  const { s, ann, receiver } = scene
  const bob = await join(s, 'bob')
  receiver.answer = (_request, response) => response.writeHead(429, { 'retry-after': '120' }).end()
  await happen(scene, ann)
  assert.equal(await tell(t, scene), 1)
  receiver.answer = (_request, response) => response.writeHead(200).end()
  await happen(scene, bob)
  await s.clock.advance(100)
  assert.equal(await tell(t, scene), 0)
  await s.clock.advance(21)
  assert.equal(await tell(t, scene), 2)
})

test('of two that are refused at once the longer pause that was asked for holds', async (t) => {
  const scene = await setUp(t)
  const { s, ann, receiver } = scene
  const bob = await join(s, 'bob')
  const isHeld = () => s.db.selectFrom('webhook_endpoint').select('id').where('held_until', '>', 0).execute()
  let calls = 0
  receiver.answer = async (_request, response) => {
    const isFirst = ++calls === 1
    if (!isFirst) await eventually('the first answer was noted', async () => (await isHeld()).length === 1)
    response.writeHead(429, isFirst ? { 'retry-after': '3600' } : {}).end()
  }
  await happen(scene, ann)
  await happen(scene, bob)
  assert.equal(await tell(t, scene), 2)
  receiver.answer = (_request, response) => response.writeHead(200).end()
  await s.clock.advance(3_500)
  assert.equal(await s.service.webhooks.deliverDue(never), 0)
  await s.clock.advance(101)
  assert.equal(await s.service.webhooks.deliverDue(never), 2)
})

test('the status decides, whatever comes after it: a long body, one that drips, one that is cut off', async (t) => {
  const bodies: [what: string, answer: Receiver['answer']][] = [
    ['long', (_request, response) => response.writeHead(200).end('.'.repeat(1_000_000))],
    ['drips', (_request, response) => drip(response.writeHead(202))],
    ['cut off', (_request, response) => cutOff(response.writeHead(200, { 'content-length': '100' }))],
  ]
  for (const [what, answer] of bodies) {
    const scene = await setUp(t)
    scene.receiver.answer = answer
    await happen(scene, scene.ann)
    await fanOut(t, scene)
    const startedAt = performance.now()
    assert.equal(await scene.s.service.webhooks.deliverDue(never), 1, what)
    assert.ok(performance.now() - startedAt < 5_000, `${what}: held for long`)
    const [delivery] = await deliveries(scene)
    assert.deepEqual([delivery?.state, delivery?.attempts, delivery?.last_failure], ['delivered', 1, null], what)
  }
})

function drip(response: ServerResponse): void {
  const dripping = setInterval(() => response.write('.'), 50)
  response.on('close', () => clearInterval(dripping))
}

function cutOff(response: ServerResponse): void {
  response.write('half')
  setTimeout(() => response.destroy(), 20)
}

test('redirects are not followed: they are failures', async (t) => {
  const scene = await setUp(t)
  const elsewhere = await startReceiver(t)
  scene.receiver.answer = (_request, response) => response.writeHead(307, { location: elsewhere.url }).end()
  await happen(scene, scene.ann)
  assert.equal(await tell(t, scene), 1)
  assert.equal(elsewhere.calls.length, 0)
  assert.deepEqual(
    (await deliveries(scene)).map(({ state, last_status }) => [state, last_status]),
    [['due', 307]],
  )
})

test('one that hangs keeps only itself waiting, and counts as failed in the end', { timeout: 60_000 }, async (t) => {
  const scene = await setUp(t)
  const { s, admin, ann } = scene
  scene.receiver.answer = () => {}
  const prompt = await startReceiver(t)
  await admin.ask('POST', '/api/admin/webhooks', { url: prompt.url, types: TYPES })
  await happen(scene, ann)
  await fanOut(t, scene)
  const stopping = new AbortController()
  const delivering = s.service.webhooks.deliver(stopping.signal)
  await eventually('the other one has it', () => prompt.calls.length === 1)
  assert.equal(scene.receiver.calls.length, 1)
  assert.deepEqual(
    (await deliveries(scene)).map(({ attempts, last_failure }) => [attempts, last_failure]),
    [[1, null]],
  )
  await eventually('it is given up for now', async () => (await deliveries(scene))[0]?.last_failure === 'timeout', 30)
  stopping.abort()
  await delivering
})

test('CVE-2025-30353: of a receiver that nobody answers for it is said that it is unreachable, and no more', async (t) => {
  const scene = await setUp(t)
  await scene.admin.ask('PATCH', `/api/admin/webhooks/${scene.id}`, { url: 'http://127.0.0.1:1/' })
  await happen(scene, scene.ann)
  assert.equal(await tell(t, scene), 1)
  assert.deepEqual(
    (await deliveries(scene)).map(({ state, last_failure }) => [state, last_failure]),
    [['due', 'unreachable']],
  )
})

test('a private address is reached by nobody, whatever it is called (CVE-2026-5469, CVE-2025-67494, CVE-2026-35409)', async (t) => {
  const scene = await setUp(t)
  const { admin, ann, receiver, s } = scene
  await happen(scene, ann)
  await fanOut(t, scene)
  // The same database, by a service that keeps to public addresses: the name was allowed, and now leads inside.
  const strict = await startServer(t, { url: s.url, clock: s.clock })
  assert.equal(await strict.service.webhooks.deliverDue(never), 1)
  assert.equal(receiver.calls.length, 0)
  assert.deepEqual(
    (await deliveries(scene)).map(({ state, last_failure }) => [state, last_failure]),
    [['due', 'target-refused']],
  )
  const headers = { authorization: `Bearer ${admin.access}` }
  for (const url of [
    'http://example.com/events',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://localhost/',
    'https://a.localhost/',
    'https://ann:secret@example.com/',
    'https://example.com/#x',
    'ftp://example.com/',
    'file:///etc/passwd',
    'nonsense',
    '',
  ]) {
    const answer = await strict.ask({
      method: 'POST',
      path: '/api/admin/webhooks',
      body: { url, types: ['*'] },
      headers,
    })
    expectProblem(answer, 400, 'malformed-request')
  }
})

test('after another secret both sign for a day', async (t) => {
  const scene = await setUp(t)
  const { s, admin, ann, id, secret, receiver } = scene
  const { secret: next } = (await admin.ask('POST', `/api/admin/webhooks/${id}/rotate-secret`)).json as {
    secret: string
  }
  assert.notEqual(next, secret)
  await happen(scene, ann)
  await tell(t, scene)
  const [first] = receiver.calls
  assert.ok(first)
  assert.deepEqual([signatureBy(next, first), signatureBy(secret, first)], [0, 1])
  await s.clock.advance(86_401)
  await s.service.lifecycle.enable(ann.id)
  await tell(t, scene)
  const last = receiver.calls.at(-1)
  assert.ok(last)
  assert.deepEqual([signatureBy(next, last), signatureBy(secret, last)], [0, -1])
})

test('what happened before there was the webhook is not for it; nor is what happens while an operator has it disabled', async (t) => {
  const scene = await setUp(t)
  const { s, admin, ann, id, receiver } = scene
  await s.clock.advance(1)
  await happen(scene, ann)
  await s.clock.advance(1)
  const late = await startReceiver(t)
  await admin.ask('POST', '/api/admin/webhooks', { url: late.url, types: TYPES })
  await tell(t, scene)
  assert.deepEqual([receiver.calls.length, late.calls.length], [1, 0])
  await admin.ask('PATCH', `/api/admin/webhooks/${id}`, { is_active: false })
  await s.service.lifecycle.enable(ann.id)
  await tell(t, scene)
  await admin.ask('PATCH', `/api/admin/webhooks/${id}`, { is_active: true })
  await tell(t, scene)
  assert.deepEqual([receiver.calls.length, late.calls.length], [1, 1])
})

test('after the person is erased nothing personal is sent of what waited', async (t) => {
  const s = await startServer(t, { environment: { WEBHOOKS_PRIVATE: 'on', EVENTS_PERSONAL: 'on' } })
  const [admin, ann, receiver] = [await joinAs(s, 'admin', ['admin']), await join(s, 'ann'), await startReceiver(t)]
  const made = await admin.ask('POST', '/api/admin/webhooks', { url: receiver.url, types: ['sign-in.succeeded'] })
  const scene = { s, admin, ann, receiver, ...(made.json as { id: string; secret: string }) }
  await signIn(s, ann.email)
  await tell(t, scene)
  assert.equal(receiver.calls.at(-1)?.event.data.address, '127.0.0.1')
  await signIn(s, ann.email)
  await fanOut(t, scene)
  await s.service.lifecycle.erase(ann.id)
  await s.service.webhooks.deliverDue(never)
  assert.equal(receiver.calls.at(-1)?.event.data.address, undefined)
})
