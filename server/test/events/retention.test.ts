/**
 * Old events go, if that is set: up to a checkpoint that is as old, once everybody has been told of them, and with a signed
 * statement from which the record begins. Whatever else is missing still shows.
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { joinAs } from '../admin/operators.ts'
import { runCommand } from '../command-line.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { retainEvents, startServer, type TestServer } from '../start-server.ts'
import { startRelay } from './relaying.ts'

const DAY = 86_400
const SECRET_KEY = 'a secret key that only tests have'
const environment = { EVENTS_RETENTION_DAYS: '30' }

/** So many events, all in the chain, told to everybody, and the end signed. */
async function tell(t: TestContext, s: TestServer, count: number): Promise<number> {
  const { events, database } = s.service
  await database.transaction(async (tx) => {
    for (let number = 1; number <= count; number++)
      await events.append(tx, { type: 'password.changed', userId: 7, actor: { kind: 'system' }, data: { number } })
  })
  return relay(t, s)
}

/** @returns the last sequence */
async function relay(t: TestContext, s: TestServer): Promise<number> {
  const { service, db } = s
  const stop = startRelay(t, s, service.consumers)
  await eventually('everybody was told', async () => {
    const waiting = await db.selectFrom('event').select('position').where('sequence', 'is', null).limit(1).execute()
    const told = await service.events.toldUpTo(['webhooks'])
    return waiting.length === 0 && told.sequence === ((await service.events.end())?.sequence ?? 0)
  })
  await stop()
  await service.audit.checkpoint()
  return (await service.events.end())?.sequence ?? 0
}

const retain = ({ service }: TestServer) => retainEvents(service)
const sequences = async ({ db }: TestServer) =>
  (await db.selectFrom('event').select('sequence').orderBy('sequence').execute()).map((row) => Number(row.sequence))
const verify = async ({ service }: TestServer, kept?: string) =>
  (await service.audit.verify(kept)) as unknown as Record<string, unknown>

type Aged = { s: TestServer; old: number; last: number }

/** Old events and new ones. */
async function startAged(
  t: TestContext,
  kind: DatabaseKind = 'sqlite',
  more: Record<string, string> = {},
): Promise<Aged> {
  const s = await startServer(t, { kind, environment: { ...environment, ...more } })
  const old = await tell(t, s, 10)
  await s.clock.advance(31 * DAY)
  const last = await tell(t, s, 5)
  return { s, old, last }
}

for (const { kind, name } of databases()) {
  describe(`old events (${name})`, () => {
    test('are removed up to a checkpoint that is as old, and the rest is whole from there on', async (t) => {
      const { s, old, last } = await startAged(t, kind)
      assert.equal(await retain(s), old)
      const left = Array.from({ length: last - old }, (_, index) => old + 1 + index)
      assert.deepEqual(await sequences(s), left)
      assert.deepEqual(await verify(s), {
        kind: 'whole',
        end: await s.service.events.end(),
        checkpoints: 2,
        removed: { sequence: old, removedAt: s.clock.seconds() * 1000 },
      })
      assert.equal(await retain(s), 0)

      await t.test('again and again, until none is left, and the next one follows the last', async () => {
        await s.clock.advance(31 * DAY)
        assert.equal(await retain(s), last - old)
        assert.deepEqual(await sequences(s), [])
        assert.equal((await verify(s)).kind, 'whole')
        assert.equal(await tell(t, s, 1), last + 1)
        assert.equal((await verify(s)).kind, 'whole')
        await s.db.deleteFrom('checkpoint').execute()
        const { kind: verdict, sequence } = await verify(s)
        assert.deepEqual({ verdict, sequence }, { verdict: 'checkpoint-missing', sequence: last + 1 })
      })
    })

    test('are removed once, however many processes do it, while somebody verifies and others write', async (t) => {
      const s = await startServer(t, { kind, environment })
      for (let round = 0; round < 4; round++) await tell(t, s, 600)
      const old = await tell(t, s, 1)
      await s.clock.advance(31 * DAY)
      const other = await startServer(t, { url: s.url, kind, environment, clock: s.clock })
      const writing = Promise.all(
        Array.from({ length: 20 }, () =>
          s.service.database.transaction((tx) =>
            s.service.events.append(tx, { type: 'password.changed', userId: 8, actor: { kind: 'system' } }),
          ),
        ),
      )
      const verdicts = [verify(s), verify(s)]
      const counts = await Promise.all([retain(s), retain(other), retain(s)])
      await writing
      // One of them may stop when another was first; what it left is the next run's.
      const removed = counts.reduce((sum, count) => sum + count, 0) + (await retain(s))
      assert.equal(removed, old)
      const errors = [...s.logs, ...other.logs].filter(({ level }) => level === 'error' || level === 'warn')
      assert.deepEqual(errors, [], 'nobody takes what another process removed for missing')
      for (const verdict of await Promise.all(verdicts)) assert.equal(verdict.kind, 'whole')
      await relay(t, s)
      assert.deepEqual([(await verify(s)).kind, (await sequences(s))[0]], ['whole', old + 1])
    })

    test('stay while somebody is yet to be told of them, and the log says who', async (t) => {
      const { s, old } = await startAged(t, kind)
      await s.db.insertInto('event_consumer').values({ name: 'rabbitmq', sequence: 3, moved_at: 0 }).execute()
      assert.equal(await retain(s), 0)
      const warning = s.logs.find(({ message }) => message.startsWith('old events are kept'))
      assert.deepEqual(warning?.fields, { sequence: 3, waitingFor: 'rabbitmq' })
      await s.db.updateTable('event_consumer').set({ sequence: old }).where('name', '=', 'rabbitmq').execute()
      assert.equal(await retain(s), old)
    })

    test('stay while they are to be sent to a webhook, also to one that is disabled', async (t) => {
      const s = await startServer(t, { kind, environment: { ...environment, WEBHOOKS_PRIVATE: 'on' } })
      const admin = await joinAs(s, 'admin', ['admin'])
      const body = { url: 'http://127.0.0.1:9/', types: ['password.changed'] }
      const { id } = (await admin.ask('POST', '/api/admin/webhooks', body)).json as { id: string }
      const old = await tell(t, s, 3)
      await admin.ask('PATCH', `/api/admin/webhooks/${id}`, { is_active: false })
      await s.clock.advance(31 * DAY)
      await tell(t, s, 1)
      assert.equal(await retain(s), 0)
      await s.db.updateTable('webhook_delivery').set({ state: 'delivered', finished_at: s.clock.now() }).execute()
      assert.ok((await retain(s)) >= old)

      await t.test('and what is gone is not sent again', async () => {
        const gone = s.db.selectFrom('webhook_delivery').select('event_id').orderBy('sequence').limit(1)
        const { event_id } = await gone.executeTakeFirstOrThrow()
        const again = await admin.ask('POST', `/api/admin/webhooks/${id}/deliveries/${event_id}/redeliver`)
        assert.equal(again.status, 401) // the session is a month old
        await assert.rejects(s.service.webhooks.redeliver(id, event_id, { actor: { kind: 'system' } }), {
          code: 'not-found',
        })
      })
    })
  })
}

test('where no retention is set, everything stays', async (t) => {
  const { s, last } = await startAged(t, 'sqlite', { EVENTS_RETENTION_DAYS: '0' })
  assert.equal(await retain(s), 0)
  assert.equal((await sequences(s)).length, last)
})

test('nothing goes before there is a checkpoint as old, whatever the row of one says', async (t) => {
  const s = await startServer(t, { environment })
  await tell(t, s, 10)
  await s.clock.advance(29 * DAY)
  await s.db.updateTable('checkpoint').set({ signed_at: 1 }).execute()
  assert.equal(await retain(s), 0)
})

test('what was changed before it is old enough stays: it is evidence, and the log says so', async (t) => {
  const { s, last } = await startAged(t)
  await s.db.updateTable('event').set({ reason: 'x' }).where('sequence', '=', 4).execute()
  assert.equal(await retain(s), 0)
  assert.equal((await sequences(s)).length, last)
  assert.ok(s.logs.some(({ level, fields }) => level === 'error' && fields.sequence === 4))
  const { kind, sequence, fault } = await verify(s)
  assert.deepEqual({ kind, sequence, fault }, { kind: 'broken', sequence: 4, fault: 'changed' })
})

test('so does what has a row missing in it', async (t) => {
  const { s } = await startAged(t)
  await s.db.deleteFrom('event').where('sequence', '=', 1).execute()
  assert.equal(await retain(s), 0)
  assert.deepEqual([(await verify(s)).fault, (await verify(s)).sequence], ['missing', 1])
})

type Tampering = readonly [
  title: string,
  tamper: (aged: Aged) => Promise<unknown>,
  found: (aged: Aged) => Record<string, unknown>,
]

const statement = ({ db }: TestServer) => db.updateTable('event_retention')
const missing = (sequence: number) => ({ kind: 'broken', sequence, fault: 'missing' })

const tamperings: readonly Tampering[] = [
  [
    'the next event removed, as if it had been old too',
    ({ s, old }) =>
      s.db
        .deleteFrom('event')
        .where('sequence', '=', old + 1)
        .execute(),
    ({ old }) => missing(old + 1),
  ],
  [
    'all but the last event removed',
    ({ s, last }) => s.db.deleteFrom('event').where('sequence', '<', last).execute(),
    ({ old }) => missing(old + 1),
  ],
  ['the statement removed', ({ s }) => s.db.deleteFrom('event_retention').execute(), () => missing(1)],
  ['the statement emptied', ({ s }) => statement(s).set({ sequence: 0, jws: '' }).execute(), () => missing(1)],
  [
    'the statement moved on, with the events before it',
    async ({ s, old }) => {
      await s.db
        .deleteFrom('event')
        .where('sequence', '<=', old + 2)
        .execute()
      await statement(s)
        .set({ sequence: old + 2 })
        .execute()
    },
    ({ old }) => ({ kind: 'retention-forged', sequence: old + 2 }),
  ],
  [
    'a checkpoint put in its place, with the events before it removed',
    async ({ s, last }) => {
      const { jws } = await s.db
        .selectFrom('checkpoint')
        .select('jws')
        .where('sequence', '=', last)
        .executeTakeFirstOrThrow()
      await statement(s).set({ sequence: last, jws }).execute()
      await s.db.deleteFrom('event').execute()
    },
    ({ last }) => ({ kind: 'retention-forged', sequence: last }),
  ],
  [
    'an event put before the first one',
    ({ s, old }) => s.db.insertInto('event').values(planted(old)).execute(),
    ({ old }) => ({ kind: 'broken', sequence: old, fault: 'changed' }),
  ],
  [
    'a later event changed',
    ({ s, last }) => s.db.updateTable('event').set({ reason: 'x' }).where('sequence', '=', last).execute(),
    ({ last }) => ({ kind: 'broken', sequence: last, fault: 'changed' }),
  ],
  [
    'the latest events cut off, with head and checkpoints',
    async ({ s, old }) => {
      await s.db.deleteFrom('event').execute()
      await s.db.deleteFrom('checkpoint').execute()
      await s.db
        .updateTable('event_head')
        .set({ sequence: old, hash: 'f'.repeat(64) })
        .execute()
    },
    ({ old }) => ({ kind: 'broken', sequence: old, fault: 'rewritten' }),
  ],
]

function planted(sequence: number) {
  return {
    id: 'f'.repeat(32),
    type: 'password.changed',
    occurred_at: 1,
    user_id: 1,
    actor_kind: 'system',
    result: 'success',
    data: '{}',
    sequence,
    hash: 'f'.repeat(64),
  }
}

for (const [title, tamper, found] of tamperings) {
  test(`after old events were removed, this shows: ${title}`, async (t) => {
    const aged = await startAged(t)
    await retain(aged.s)
    assert.equal((await verify(aged.s)).kind, 'whole')
    await tamper(aged)
    const wanted = found(aged)
    const verdict = await verify(aged.s)
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, verdict[key]])), wanted)
  })
}

test('a statement of before does not cover what was removed since, nor does one of somebody else', async (t) => {
  const { s, old, last } = await startAged(t)
  await retain(s)
  const before = await s.db.selectFrom('event_retention').selectAll().executeTakeFirstOrThrow()
  await s.clock.advance(31 * DAY)
  await tell(t, s, 2)
  assert.equal(await retain(s), last - old)
  await statement(s).set(before).execute()
  assert.deepEqual([(await verify(s)).fault, (await verify(s)).sequence], ['missing', old + 1])

  const stranger = await startAged(t, 'sqlite', { SECRET_KEY: 'a secret key of somebody else' })
  await retain(stranger.s)
  const foreign = await stranger.s.db.selectFrom('event_retention').selectAll().executeTakeFirstOrThrow()
  const keys = await stranger.s.db.selectFrom('checkpoint_key').selectAll().execute()
  await statement(s).set(foreign).execute()
  await s.db.insertInto('checkpoint_key').values(keys).execute()
  assert.equal((await verify(s)).kind, 'retention-forged')
  await assert.rejects(retain(s), /not signed by this service/)
})

test('of a checkpoint that was kept elsewhere verify says whether it can still be held against something', async (t) => {
  const s = await startServer(t, { environment })
  await tell(t, s, 3)
  const first = await s.service.audit.checkpoint()
  const old = await tell(t, s, 3)
  const boundary = await s.service.audit.checkpoint()
  await s.clock.advance(31 * DAY)
  await tell(t, s, 3)
  const latest = await s.service.audit.checkpoint()
  assert.equal(await retain(s), old)
  assert.deepEqual(
    [(await verify(s, first)).kind, (await verify(s, boundary)).kind, (await verify(s, latest)).kind],
    ['checkpoint-outlived', 'whole', 'whole'],
  )
})

test('samurai-auth audit verify says what was removed, and that the rest is whole', async (t) => {
  const { s, old, last } = await startAged(t)
  const [kept] = await s.db.selectFrom('checkpoint').select('jws').orderBy('sequence').execute()
  await retain(s)
  const run = (...words: string[]) => runCommand(t, { DATABASE_URL: s.url, SECRET_KEY }, ['audit', 'verify', ...words])
  const day = new Date(s.clock.now()).toISOString().slice(0, 10)
  const removed = `Events 1 to ${old} were removed because they were old, the last of them on ${day}; that is signed.\n`
  const whole = await run()
  assert.deepEqual(
    [whole.code, whole.output],
    [0, `${removed}All other ${last - old} events are as they were written; 2 checkpoints agree.\n`],
  )
  assert.equal((await run('--checkpoint', String(kept?.jws))).code, 0) // of the last one that went
  await statement(s).set({ jws: 'a.b.c' }).execute()
  const forged = await run()
  assert.equal(forged.code, 3)
  assert.match(forged.output, /was not signed by this service/)
})
