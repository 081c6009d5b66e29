/** What `samurai-auth audit verify` finds: whatever somebody did to the table of events, it names the first row that is not as it was. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { runCommand } from '../command-line.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join, logOut, type Person } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { relayAll, startRelay, untilChained } from './relaying.ts'

const EVENTS = 12

/** Ten events and more, all in the chain, the end of which is signed. */
async function startAudited(t: TestContext, kind: DatabaseKind = 'sqlite'): Promise<{ s: TestServer; ann: Person }> {
  const s = await startServer(t, { kind })
  const ann = await join(s, 'ann')
  await tell(s, ann.id, EVENTS)
  await logOut(s, ann.refresh)
  await relayAll(t, s)
  return { s, ann }
}

async function tell({ service }: TestServer, userId: number, count: number): Promise<void> {
  const { events, database } = service
  for (let number = 1; number <= count; number++) {
    const event = { type: 'password.changed', userId, actor: { kind: 'user', id: userId }, data: { number } } as const
    await database.transaction((tx) => events.append(tx, event))
  }
}

const lastOf = async ({ service }: TestServer) => (await service.events.end())?.sequence ?? 0
const row = (s: TestServer, sequence: number) => s.db.updateTable('event').where('sequence', '=', sequence)
const fields = ({ db }: TestServer, sequence: number) =>
  db.selectFrom('event').selectAll().where('sequence', '=', sequence).executeTakeFirstOrThrow()

type Tampering = readonly [title: string, tamper: (s: TestServer) => Promise<unknown>, sequence: number, fault: string]

const tamperings: readonly Tampering[] = [
  ['a byte changed', (s) => row(s, 4).set({ reason: 'x' }).execute(), 4, 'changed'],
  ['the time changed', (s) => row(s, 4).set({ occurred_at: 1 }).execute(), 4, 'changed'],
  ['another user', (s) => row(s, 4).set({ user_id: 99 }).execute(), 4, 'changed'],
  ['what is sealed removed', (s) => row(s, 2).set({ origin_sealed: null }).execute(), 2, 'changed'],
  [
    'the hash changed',
    (s) =>
      row(s, 5)
        .set({ hash: 'a'.repeat(64) })
        .execute(),
    5,
    'changed',
  ],
  ['a row removed', (s) => s.db.deleteFrom('event').where('sequence', '=', 6).execute(), 6, 'missing'],
  ['the first row removed', (s) => s.db.deleteFrom('event').where('sequence', '=', 1).execute(), 1, 'missing'],
  ['two rows swapped', (s) => swap(s, 3, 7), 3, 'changed'],
  ['a row inserted between others', insertRow, 5, 'changed'],
  ['a row before the first', (s) => s.db.insertInto('event').values(planted(0)).execute(), 0, 'changed'],
]

async function swap(s: TestServer, one: number, other: number): Promise<void> {
  await row(s, one).set({ sequence: 1_000_000 }).execute()
  await row(s, other).set({ sequence: one }).execute()
  await row(s, 1_000_000).set({ sequence: other }).execute()
}

/** All rows from the fifth on move up. */
async function insertRow(s: TestServer): Promise<void> {
  for (let sequence = await lastOf(s); sequence >= 5; sequence--)
    await row(s, sequence)
      .set({ sequence: sequence + 1 })
      .execute()
  await s.db.insertInto('event').values(planted(5)).execute()
}

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

for (const [title, tamper, sequence, fault] of tamperings) {
  test(`${title}: row ${sequence} is named`, async (t) => {
    const { s } = await startAudited(t)
    assert.equal((await s.service.audit.verify()).kind, 'whole')
    await tamper(s)
    const verdict = await s.service.audit.verify()
    const { kind, sequence: named, fault: found } = verdict as Record<string, unknown>
    assert.deepEqual({ kind, named, found }, { kind: 'broken', named: sequence, found: fault })
  })
}

for (const { kind, name } of databases()) {
  describe(name, () => {
    test('what was told is whole, also when the latest events and the head are cut off with it: a checkpoint tells', async (t) => {
      const { s } = await startAudited(t, kind)
      const last = await lastOf(s)
      assert.deepEqual(await s.service.audit.verify(), {
        kind: 'whole',
        end: await s.service.events.end(),
        checkpoints: 1,
      })
      await s.db
        .deleteFrom('event')
        .where('sequence', '>', last - 2)
        .execute()
      const { hash } = await fields(s, last - 2)
      await s.db
        .updateTable('event_head')
        .set({ sequence: last - 2, hash: String(hash) })
        .execute()
      const { kind: verdict, sequence, fault } = (await s.service.audit.verify()) as Record<string, unknown>
      assert.deepEqual({ verdict, sequence, fault }, { verdict: 'broken', sequence: last - 1, fault: 'missing' })
    })
  })
}

test('a chain that was made anew by somebody without SECRET_KEY shows by its checkpoint', async (t) => {
  const { s, ann } = await startAudited(t)
  const last = await lastOf(s)
  // The strongest way to make it anew: let the service itself do it, from the changed rows.
  await row(s, 4).set({ reason: 'never' }).execute()
  await makeAnew(s)
  await relayAll(t, s)
  const verdict = (await s.service.audit.verify()) as Record<string, unknown>
  assert.deepEqual([verdict.kind, verdict.sequence, verdict.fault], ['broken', last, 'rewritten'])

  await t.test('and, when that was removed too, by one that was kept elsewhere', async (t) => {
    const { s } = await startAudited(t)
    const kept = await s.service.audit.checkpoint()
    await s.db.deleteFrom('checkpoint').execute()
    await s.db.deleteFrom('event').where('sequence', '>', 3).execute()
    await s.db
      .updateTable('event_head')
      .set({ sequence: 3, hash: String((await fields(s, 3)).hash) })
      .execute()
    assert.equal((await s.service.audit.verify()).kind, 'checkpoint-missing')
    const verdict = (await s.service.audit.verify(kept)) as Record<string, unknown>
    assert.deepEqual([verdict.kind, verdict.sequence, verdict.fault], ['broken', 4, 'missing'])
    assert.equal((await s.service.audit.verify('a.b.c')).kind, 'not-a-checkpoint')
    assert.equal((await s.service.audit.verify(ann.access)).kind, 'not-a-checkpoint')
  })
})

for (const { kind, name } of databases()) {
  test(`where everything was removed, what was told of it says so, and then the keys of checkpoints, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    assert.equal((await s.service.audit.verify()).kind, 'whole') // nothing has happened
    await tell(s, 7, EVENTS)
    assert.equal((await s.service.audit.verify()).kind, 'whole') // the relay is yet to come
    const stop = startRelay(t, s, s.service.consumers)
    await untilChained(s)
    const last = await lastOf(s)
    await eventually('all was told', async () => (await s.service.events.toldUpTo(['webhooks'])).sequence === last)
    await stop()
    assert.equal((await s.service.audit.verify()).kind, 'whole')
    for (const table of ['event', 'event_head', 'checkpoint'] as const) await s.db.deleteFrom(table).execute()
    const { kind: verdict, sequence, fault } = (await s.service.audit.verify()) as Record<string, unknown>
    assert.deepEqual({ verdict, sequence, fault }, { verdict: 'broken', sequence: 1, fault: 'missing' })
    await s.db.deleteFrom('event_consumer').execute()
    assert.deepEqual(await s.service.audit.verify(), { kind: 'checkpoint-missing', sequence: 1, checkpoints: 0 })
  })
}

test('where all checkpoints were removed, nothing is signed any more: it would vouch for whatever they left', async (t) => {
  const { s } = await startAudited(t)
  await s.db.deleteFrom('checkpoint').execute()
  await makeAnew(s)
  await s.clock.advance(600)
  await tell(s, 7, 1)
  await relayAll(t, s)
  assert.deepEqual(await s.service.audit.verify(), { kind: 'checkpoint-missing', sequence: 1, checkpoints: 0 })
  assert.ok(
    s.logs.some(({ level, message }) => level === 'error' && message.startsWith('all checkpoints were removed')),
  )
  await assert.rejects(s.service.audit.checkpoint(), /all checkpoints were removed/)
  const again = await startServer(t, { url: s.url, clock: s.clock })
  await relayAll(t, again)
  assert.equal((await again.service.audit.verify()).kind, 'checkpoint-missing')
  const environment = { DATABASE_URL: s.url, SECRET_KEY: 'a secret key that only tests have' }
  const { code, output } = await runCommand(t, environment, ['audit', 'verify'])
  assert.equal(code, 3)
  assert.match(output, /^Checkpoints are missing from event 1 on: /)

  await t.test('until somebody who has looked says so', async (t) => {
    assert.equal((await runCommand(t, environment, ['audit', 'checkpoint'])).code, 1)
    assert.equal((await runCommand(t, environment, ['audit', 'checkpoint', '--anew'])).code, 0)
    assert.deepEqual(await s.service.audit.verify(), {
      kind: 'whole', // of so few events nothing says that there was more
      end: await s.service.events.end(),
      checkpoints: 1,
    })
  })
})

test('where they were removed with their keys, so many events without one show it, also after new ones were signed', async (t) => {
  const { s } = await startAudited(t)
  await tellAtOnce(s, 2_100)
  await relayAll(t, s)
  const end = await s.service.events.end()
  await s.service.audit.checkpoint()
  assert.equal((await s.service.audit.verify()).kind, 'whole')
  await s.db.deleteFrom('checkpoint').execute()
  await s.db.deleteFrom('checkpoint_key').execute()
  assert.deepEqual(await s.service.audit.verify(), { kind: 'checkpoint-missing', sequence: 1, checkpoints: 0 })
  const signed = await s.service.audit.checkpoint()
  assert.deepEqual(await s.service.audit.verify(), { kind: 'checkpoint-missing', sequence: 1, checkpoints: 1 })
  // Whoever keeps it from now on vouches for what is there.
  assert.deepEqual(await s.service.audit.verify(signed), { kind: 'whole', end, checkpoints: 1 })
})

test('what nobody has signed for long shows, but not where nobody was there to sign it', async (t) => {
  const { s } = await startAudited(t)
  const signed = await lastOf(s)
  const verdict = async () => (await s.service.audit.verify()) as Record<string, unknown>
  await tell(s, 7, 1)
  await relayUnsigned(t, s)
  await s.clock.advance(10 * 86_400)
  assert.equal((await verdict()).kind, 'whole') // the service was stopped a moment later
  await tell(s, 7, 1)
  await relayAll(t, s)
  assert.equal((await verdict()).kind, 'whole')
  await tell(s, 7, 1)
  await relayUnsigned(t, s)
  await s.clock.advance(19 * 60)
  await tell(s, 7, 1)
  await relayUnsigned(t, s)
  assert.equal((await verdict()).kind, 'whole')
  await s.clock.advance(120)
  await tell(s, 7, 1)
  await relayUnsigned(t, s)
  assert.deepEqual(await verdict(), { kind: 'checkpoint-missing', sequence: signed + 3, checkpoints: 2 })
})

/** All events get their places and hashes again, by the service itself. */
async function makeAnew(s: TestServer): Promise<void> {
  await s.db.updateTable('event').set({ sequence: null, hash: null }).execute()
  await s.db
    .updateTable('event_head')
    .set({ sequence: 0, hash: '0'.repeat(64) })
    .execute()
}

/** Relays all that is committed now, and signs nothing. */
async function relayUnsigned(t: TestContext, s: TestServer): Promise<void> {
  const stopping = new AbortController()
  const relaying = s.service.events.relay({ consumers: [], watch: async () => {} }, stopping.signal)
  t.after(() => stopping.abort())
  await untilChained(s)
  stopping.abort()
  await relaying
}

async function tellAtOnce({ service: { events, database } }: TestServer, count: number): Promise<void> {
  const event = { type: 'password.changed', userId: 7, actor: { kind: 'system' } } as const
  await database.transaction((tx) =>
    events.appendAll(
      tx,
      Array.from({ length: count }, () => event),
    ),
  )
}

test('a checkpoint that somebody without SECRET_KEY signed, or moved, is told as forged', async (t) => {
  const { s } = await startAudited(t)
  const checkpoint = await s.db.selectFrom('checkpoint').selectAll().executeTakeFirstOrThrow()
  const stranger = await startServer(t, { environment: { SECRET_KEY: 'a secret key of somebody else' } })
  await tell(stranger, 1, 3)
  await relayAll(t, stranger)
  const foreign = await stranger.db.selectFrom('checkpoint').selectAll().executeTakeFirstOrThrow()
  const foreignKey = await stranger.db.selectFrom('checkpoint_key').selectAll().executeTakeFirstOrThrow()

  await s.db.insertInto('checkpoint').values(foreign).execute()
  await s.db.insertInto('checkpoint_key').values(foreignKey).execute()
  const verdict = (await s.service.audit.verify()) as Record<string, unknown>
  assert.deepEqual([verdict.kind, verdict.sequence], ['checkpoint-forged', foreign.sequence])

  await s.db.deleteFrom('checkpoint').where('sequence', '=', foreign.sequence).execute()
  await s.db
    .updateTable('checkpoint')
    .set({ sequence: checkpoint.sequence - 1 })
    .execute()
  const moved = (await s.service.audit.verify()) as Record<string, unknown>
  assert.deepEqual([moved.kind, moved.sequence], ['checkpoint-forged', checkpoint.sequence - 1])
})

test('checkpoints are made when many events came, or some a while ago, and hold after the key ring has moved on', async (t) => {
  const { s, ann } = await startAudited(t)
  const count = async () => (await s.db.selectFrom('checkpoint').select('sequence').execute()).length
  assert.equal(await count(), 1)
  await tell(s, ann.id, 1)
  await relayAll(t, s)
  assert.equal(await count(), 1) // one event, a moment later
  await s.clock.advance(600)
  await relayAll(t, s)
  assert.equal(await count(), 2)
  await tell(s, ann.id, 1100)
  await relayAll(t, s)
  assert.ok((await count()) >= 3)

  const [first] = s.service.keys.list()
  await s.service.lifecycle.rotateKeys('now')
  await s.service.lifecycle.retireKey(first?.id ?? '')
  await relayAll(t, s)
  const verdict = await s.service.audit.verify()
  assert.equal(verdict.kind, 'whole')
  assert.ok(verdict.checkpoints >= 3)
})

test('after somebody is erased the chain is whole, and nothing personal is readable, with the keys or without', async (t) => {
  const s = await startServer(t)
  const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
  const { events, database, lifecycle, audit } = s.service
  const tellOf = (userId: number, address: string) =>
    database.transaction((tx) =>
      events.append(tx, {
        type: 'password.changed',
        userId,
        actor: { kind: 'user', id: userId },
        origin: { address, userAgent: `phone of ${userId}` },
        personal: { place: `home of ${userId}` },
      }),
    )
  await tellOf(ann.id, '192.0.2.77')
  await tellOf(bob.id, '192.0.2.88')
  const latest = async (userId: number) => (await events.listAbout(userId, { most: 1, types: ['password.changed'] }))[0]
  assert.deepEqual((await latest(ann.id))?.origin, { address: '192.0.2.77', userAgent: `phone of ${ann.id}` })
  assert.deepEqual((await latest(ann.id))?.personal, { place: `home of ${ann.id}` })
  const dumpBefore = JSON.stringify(await s.db.selectFrom('event').selectAll().execute())
  assert.ok(!/192\.0\.2|phone of|home of|127\.0\.0\.1/.test(dumpBefore))

  await relayAll(t, s)
  assert.equal(await lifecycle.erase(ann.id), true)
  await relayAll(t, s)
  assert.equal((await audit.verify()).kind, 'whole')
  assert.deepEqual([(await latest(ann.id))?.origin, (await latest(ann.id))?.personal], [null, null])
  assert.deepEqual((await latest(bob.id))?.personal, { place: `home of ${bob.id}` })
  const keys = await s.db.selectFrom('person_key').select(['user_id', 'key_sealed']).execute()
  assert.equal(keys.find(({ user_id }) => user_id === ann.id)?.key_sealed, null)

  await t.test('nor does what comes late make them a key', async () => {
    await tellOf(ann.id, '192.0.2.99')
    assert.equal((await latest(ann.id))?.origin, null)
    assert.equal((await s.db.selectFrom('person_key').select('user_id').execute()).length, keys.length)
  })
})

test('person keys and keys of checkpoints are sealed anew with SECRET_KEY; without the old one nobody is kept out', async (t) => {
  const { s, ann } = await startAudited(t)
  const [next, before] = ['a secret key that is the next one', 'a secret key that only tests have']
  const both = { DATABASE_URL: s.url, SECRET_KEY: next, SECRET_KEY_OTHER: before }
  const rotated = await runCommand(t, both, ['keys', 'rotate-secret'])
  assert.equal(rotated.code, 0, rotated.output)
  const later = await startServer(t, { url: s.url, environment: { SECRET_KEY: next } })
  assert.equal((await later.service.audit.verify()).kind, 'whole')
  const [latest] = await later.service.events.listAbout(ann.id, { most: 1, types: ['sign-in.succeeded'] })
  assert.equal(latest?.origin?.address, '127.0.0.1')

  await later.db.updateTable('person_key').set({ key_sealed: 'gone.AAAA' }).execute()
  await later.post('/api/accounts/login/', { email: ann.email, password: ann.password })
  const [dark] = await later.service.events.listAbout(ann.id, { most: 1, types: ['sign-in.succeeded'] })
  assert.equal(dark?.origin, null)
  assert.ok(later.logs.some(({ level, message }) => level === 'error' && message.includes('another SECRET_KEY')))
})

test('samurai-auth audit says it in a sentence, with exit code 0, or 3 when something is wrong', async (t) => {
  const { s } = await startAudited(t)
  const last = await lastOf(s)
  const environment = { DATABASE_URL: s.url, SECRET_KEY: 'a secret key that only tests have' }
  const run = (...words: string[]) => runCommand(t, environment, ['audit', ...words])
  const whole = await run('verify')
  assert.deepEqual(
    [whole.code, whole.output],
    [0, `All ${last} events are as they were written; 1 checkpoints agree.\n`],
  )
  const { code, output: checkpoint } = await run('checkpoint')
  assert.equal(code, 0)
  assert.equal((await run('verify', '--checkpoint', checkpoint.trim())).code, 0)
  assert.equal((await run('verify', '--checkpoint', 'nonsense')).code, 3)
  assert.equal((await run('verify', '--nonsense')).code, 2)
  await s.db.deleteFrom('event').where('sequence', '=', 6).execute()
  const broken = await run('verify')
  assert.deepEqual([broken.code, broken.output], [3, 'Event 6 is missing. Those before it are as they were written.\n'])
})
