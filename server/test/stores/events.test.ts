/** What the store of events promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery, sql } from 'kysely'
import * as events from '../../src/features/events/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

const hash = (letter: string) => letter.repeat(64)

const event = (number: number) => ({
  id: String(number).padStart(32, '0'),
  type: 'session.ended',
  occurredAt: NOW,
  userId: number % 2 === 0 ? 7 : null,
  actorKind: 'operator',
  actorId: 8,
  sessionId: null,
  clientId: TEXT,
  result: 'success',
  reason: 'logout',
  data: JSON.stringify({ TEXT }),
  originSealed: null,
  personalSealed: 'x'.repeat(5000),
})

for (const { kind, name } of databases()) {
  test(`events on ${name}`, async (t) => {
    const { db, transaction } = await openFresh(t, kind)

    await t.test('are kept as they were told, and wait in the order in which they were written', async () => {
      for (let number = 1; number <= 300; number++) await events.insertEvents(db, [event(number)])
      const waiting = await events.listUnchained(db, 1000)
      assert.deepEqual(
        waiting.map(({ position, ...rest }) => rest),
        Array.from({ length: 300 }, (_, index) => event(index + 1)),
      )
      assert.deepEqual(
        waiting.map(({ position }) => position),
        waiting.map(({ position }) => position).sort((one, other) => one - other),
      )
      assert.equal((await events.listUnchained(db, 5)).length, 5)
      assert.equal(await events.hasUnchained(db), true)
    })

    await t.test('of a transaction that fails did not happen', async () => {
      const failure = new Error('later')
      const work = transaction(async (tx) => {
        await events.insertEvents(tx, [event(999)])
        throw failure
      })
      await assert.rejects(work, failure)
      assert.equal((await events.listUnchained(db, 1000)).length, 300)
    })

    await t.test('get their places, many at once, and then wait no more', async () => {
      const waiting = await events.listUnchained(db, 299)
      await events.saveChained(
        db,
        waiting.map((kept, index) => ({ ...kept, sequence: index + 1, hash: hash(index % 2 ? 'a' : 'b') })),
      )
      assert.deepEqual(
        (await events.listUnchained(db, 1000)).map(({ id }) => id),
        [event(300).id],
      )
      const chained = await events.listChained(db, 1, 1000)
      assert.equal(chained.length, 298)
      assert.deepEqual({ ...chained[0] }, { ...waiting[1], sequence: 2, hash: hash('a') })
    })

    await t.test('keep the place that they have, and no two have one', async () => {
      const [second] = await events.listChained(db, 1, 1)
      assert.ok(second)
      await events.saveChained(db, [{ ...second, sequence: 5000, hash: hash('c') }])
      assert.deepEqual(await events.listChained(db, 1, 1), [second])
      const [last] = await events.listUnchained(db, 1)
      assert.ok(last)
      await assert.rejects(events.saveChained(db, [{ ...last, sequence: 2, hash: hash('c') }]), {
        name: 'UniqueViolation',
      })
    })

    await t.test('about a user are listed from the latest on, page by page', async () => {
      const first = await events.listEvents(db, { userId: 7, before: Number.MAX_SAFE_INTEGER, most: 2 })
      assert.deepEqual(
        first.map(({ id }) => Number(id)),
        [300, 298],
      )
      const next = await events.listEvents(db, { userId: 7, before: first[1]?.position ?? 0, most: 1 })
      assert.equal(Number(next[0]?.id), 296)
      const none = { before: Number.MAX_SAFE_INTEGER, most: 2, types: ['key.rotated'] }
      assert.deepEqual(await events.listEvents(db, { userId: 7, ...none }), [])
      const [last] = first
      assert.equal(await events.findPosition(db, 7, event(300).id), last?.position)
      assert.equal(await events.findPosition(db, 8, event(300).id), undefined)
      const [chained] = await events.listChained(db, 0, 1)
      assert.ok(chained && last)
      assert.equal(await events.findSequence(db, chained.id), chained.sequence)
      const [waiting] = await events.listUnchained(db, 1)
      for (const id of [waiting?.id ?? '', 'unknown']) assert.equal(await events.findSequence(db, id), undefined)
    })

    await t.test('about a user are read by an index, in its order, however many there are', async () => {
      const many = Array.from({ length: 1500 }, (_, index) => ({ ...event(1000 + index), userId: index < 30 ? 70 : 7 }))
      await transaction((tx) => events.insertEvents(tx, many))
      const kept = await events.listUnchained(db, 5000)
      assert.deepEqual(
        kept.slice(-many.length).map(({ id }) => id),
        many.map(({ id }) => id),
        'many at once stay in their order',
      )
      if (kind !== 'sqlite') await sql.raw(kind === 'mysql' ? 'analyze table event' : 'analyze event').execute(db)
      const wanted = { most: 20, before: 1_000_000, types: ['session.ended', 'sign-in.failed'] }
      const { sql: text, parameters } = events.queryEvents(db, { userId: 70, ...wanted }).compile()
      const explained = CompiledQuery.raw(`explain ${kind === 'sqlite' ? 'query plan ' : ''}${text}`, [...parameters])
      const plan = JSON.stringify((await db.executeQuery(explained)).rows)
      assert.match(plan, /event_by_user/)
      assert.doesNotMatch(plan, /Seq Scan|filesort|TEMP B-TREE|SCAN event|"Sort/)
    })

    await t.test('about anybody are listed too, those of one type by an index, however rare it is', async () => {
      const all = await events.listEvents(db, { before: Number.MAX_SAFE_INTEGER, most: 3 })
      assert.deepEqual(
        all.map(({ id }) => Number(id)),
        [2499, 2498, 2497],
      )
      const wanted = { most: 20, before: 1_000_000, types: ['key.rotated'] }
      const { sql: text, parameters } = events.queryEvents(db, wanted).compile()
      const explained = CompiledQuery.raw(`explain ${kind === 'sqlite' ? 'query plan ' : ''}${text}`, [...parameters])
      const plan = JSON.stringify((await db.executeQuery(explained)).rows)
      assert.match(plan, /event_by_type/)
      assert.doesNotMatch(plan, /Seq Scan|filesort|TEMP B-TREE|SCAN event|"Sort/)
    })

    await t.test('have one who makes their chain longer: the lease passes on when it ends or is dropped', async () => {
      await events.insertHead(db, { sequence: 3, hash: hash('a') })
      await events.insertHead(db, { sequence: 9, hash: hash('b') }) // there is one already
      assert.equal(await events.takeLease(db, 'one', NOW, NOW + 10), true)
      assert.equal(await events.takeLease(db, 'two', NOW + 9, NOW + 20), false)
      assert.equal(await events.takeLease(db, 'one', NOW + 5, NOW + 15), true)
      assert.equal(await events.takeLease(db, 'two', NOW + 15, NOW + 25), true)
      assert.equal(await events.renewLease(db, 'one', NOW + 30), false)
      assert.equal(await events.renewLease(db, 'two', NOW + 30), true)
      assert.equal(await transaction((tx) => events.holdHead(tx, 'one')), undefined)
      assert.deepEqual({ ...(await transaction((tx) => events.holdHead(tx, 'two'))) }, { sequence: 3, hash: hash('a') })
      await events.moveHead(db, { sequence: 4, hash: hash('c') })
      assert.deepEqual({ ...(await events.findHead(db)) }, { sequence: 4, hash: hash('c') })
      await events.dropLease(db, 'one') // not its own
      assert.equal(await events.takeLease(db, 'one', NOW + 16, NOW + 26), false)
      await events.dropLease(db, 'two')
      assert.equal(await events.takeLease(db, 'one', NOW + 16, NOW + 26), true)
    })

    await t.test('are told to consumers, each of which has its place', async () => {
      assert.equal(await events.getCursor(db, 'bus', NOW), 0)
      assert.equal(await events.moveCursor(db, 'bus', 0, 7, NOW), true)
      assert.equal(await events.moveCursor(db, 'bus', 0, 8, NOW), false)
      assert.equal(await events.getCursor(db, 'bus', NOW), 7)
      assert.equal(await events.getCursor(db, 'other', NOW), 0)
    })

    await t.test('have a key a person: the first one counts, and after erasing none', async () => {
      await events.insertPersonKey(db, { userId: 1, keySealed: 'k.one' }, NOW)
      await events.insertPersonKey(db, { userId: 1, keySealed: 'k.two' }, NOW)
      await events.insertPersonKey(db, { userId: 2, keySealed: 'k.three' }, NOW)
      assert.deepEqual(await events.listPersonKeys(db, [1, 3]), [{ userId: 1, keySealed: 'k.one' }])
      assert.equal(await events.replacePersonKey(db, 1, 'k.two', 'l.two'), false)
      assert.equal(await events.replacePersonKey(db, 1, 'k.one', 'l.one'), true)
      assert.equal(await events.erasePersonKey(db, 1, NOW), true)
      assert.equal(await events.erasePersonKey(db, 3, NOW), false)
      await events.insertPersonKey(db, { userId: 1, keySealed: 'k.four' }, NOW)
      assert.deepEqual(await events.listPersonKeys(db, [1]), [{ userId: 1, keySealed: null }])
      assert.deepEqual(await events.listKeysAfter(db, 0, 10), [{ userId: 2, keySealed: 'k.three' }])
      assert.deepEqual(await events.listKeysAfter(db, 2, 10), [])
    })

    await t.test('of two who make the key of one person at once, both go on with the same', async () => {
      const make = (keySealed: string) =>
        transaction(async (tx) => {
          await events.insertPersonKey(tx, { userId: 50, keySealed }, NOW)
          return events.listPersonKeys(tx, [50])
        })
      const [one, other] = await Promise.all([make('k.one'), make('k.two')])
      assert.deepEqual(one, other)
    })
  })
}

for (const { kind, name } of databases()) {
  test(`events that wait behind many that do not are found by the index of those that wait, on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const small = (number: number) => ({ ...event(number), clientId: null, data: '{}', personalSealed: null })
    for (let from = 0; from < 3000; from += 500)
      await events.insertEvents(
        db,
        Array.from({ length: 500 }, (_, index) => small(from + index)),
      )
    const placed = (await events.listUnchained(db, 2000)).map((kept, index) => ({
      ...kept,
      sequence: index + 1,
      hash: hash('a'),
    }))
    await events.saveChained(db, placed)
    if (kind !== 'sqlite') await sql.raw(kind === 'mysql' ? 'analyze table event' : 'analyze event').execute(db)
    for (const most of [1, 100]) {
      const { sql: text, parameters } = events.queryUnchained(db, most).compile()
      const explained = CompiledQuery.raw(`explain ${kind === 'sqlite' ? 'query plan ' : ''}${text}`, [...parameters])
      const plan = JSON.stringify((await db.executeQuery(explained)).rows)
      assert.match(
        plan,
        /"key":"event_waiting"|using event_waiting|SEARCH event USING INDEX event_by_sequence \(sequence=\?\)/,
      )
      assert.doesNotMatch(plan, /filesort|TEMP B-TREE|"Sort/)
    }
  })
}
