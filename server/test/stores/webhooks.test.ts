/** What the store of webhooks promises, on every database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as webhooks from '../../src/features/webhooks/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

const endpoint = (id: string): webhooks.StoredEndpoint => ({
  id,
  url: `https://example.com/${id}`,
  description: TEXT,
  types: ['user.erased', 'user.disabled'],
  isEnabled: true,
  disabledBecause: null,
  createdAt: NOW,
  deliveredAt: null,
  secretSealed: 'k.one',
  previousSecretSealed: null,
  previousUntil: null,
  heldUntil: 0,
})
const delivery = (endpointId: string, sequence: number, userId: number | null): webhooks.NewDelivery => ({
  endpointId,
  sequence,
  eventId: String(sequence).padStart(32, '0'),
  type: 'user.disabled',
  userId,
})

for (const { kind, name } of databases()) {
  test(`webhooks on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const due = async (now: number, most = 10) =>
      (await webhooks.listDue(db, 'a', now, most)).map(({ sequence }) => sequence)
    const find = async (sequence: number) =>
      (await webhooks.listDeliveries(db, 'a', { before: sequence + 1, most: 1 }))[0] as NonNullable<
        Awaited<ReturnType<typeof webhooks.listDue>>[0]
      >

    await t.test('keep endpoints, and change what is given', async () => {
      for (const id of ['a', 'b']) await webhooks.insertEndpoint(db, endpoint(id))
      assert.deepEqual(await webhooks.findEndpoint(db, 'a'), endpoint('a'))
      assert.equal(await webhooks.updateEndpoint(db, 'a', { description: 'x', types: ['*'] }), true)
      assert.equal(await webhooks.updateEndpoint(db, 'a', {}), true)
      assert.equal(await webhooks.updateEndpoint(db, 'c', { description: 'x' }), false)
      assert.deepEqual(await webhooks.findEndpoint(db, 'a'), { ...endpoint('a'), description: 'x', types: ['*'] })
      assert.deepEqual(
        (await webhooks.listEndpoints(db)).map(({ id }) => id),
        ['a', 'b'],
      )
    })

    await t.test('replace a secret once, and disable once', async () => {
      assert.equal(await webhooks.replaceSecret(db, endpoint('a'), 'k.two', NOW + 9), true)
      assert.equal(await webhooks.replaceSecret(db, endpoint('a'), 'k.three', NOW + 9), false)
      const { secretSealed, previousSecretSealed, previousUntil } = (await webhooks.findEndpoint(db, 'a')) ?? {}
      assert.deepEqual([secretSealed, previousSecretSealed, previousUntil], ['k.two', 'k.one', NOW + 9])
      assert.equal(await webhooks.disableEndpoint(db, 'b', 'gone'), true)
      assert.equal(await webhooks.disableEndpoint(db, 'b', 'failing'), false)
      assert.equal((await webhooks.findEndpoint(db, 'b'))?.disabledBecause, 'gone')
    })

    await t.test('note each event once an endpoint', async () => {
      const rows = [
        delivery('a', 1, 7),
        delivery('a', 2, 7),
        delivery('a', 3, 8),
        delivery('a', 4, null),
        delivery('b', 1, 7),
      ]
      await webhooks.insertDeliveries(db, rows, NOW)
      await webhooks.insertDeliveries(db, [...rows, delivery('a', 5, null)], NOW + 50)
      const all = await webhooks.listDeliveries(db, 'a', { before: 100, most: 10 })
      assert.deepEqual(
        all.map(({ sequence, createdAt }) => [sequence, createdAt - NOW]),
        [
          [5, 50],
          [4, 0],
          [3, 0],
          [2, 0],
          [1, 0],
        ],
      )
      const many = Array.from({ length: 450 }, (_, index) => delivery('many', index + 1, index))
      await webhooks.insertDeliveries(db, many, NOW)
      assert.equal((await webhooks.listDeliveries(db, 'many', { before: 1000, most: 1000 })).length, 450)
    })

    await t.test('are due in order: of each user the first one alone, of nobody all', async () => {
      assert.deepEqual(await due(NOW), [1, 3, 4])
      assert.deepEqual(await due(NOW + 50), [1, 3, 4, 5])
      assert.deepEqual(await due(NOW - 1), [])
      assert.deepEqual(await due(NOW + 50, 2), [1, 3])
      assert.deepEqual(await webhooks.listDueEndpoints(db, NOW), ['a']) // b is disabled
      await webhooks.holdEndpoint(db, 'a', NOW + 10)
      assert.deepEqual(await webhooks.listDueEndpoints(db, NOW + 9), [])
      await webhooks.holdEndpoint(db, 'a', NOW + 5) // asked for at the same time: the longer pause stays
      assert.deepEqual(await webhooks.listDueEndpoints(db, NOW + 9), [])
      assert.deepEqual(await webhooks.listDueEndpoints(db, NOW + 10), ['a'])
    })

    await t.test('are claimed by one, and while one is, those after it of the same user wait', async () => {
      const first = await find(1)
      const claims = await Promise.all([1, 2, 3].map(() => webhooks.claimDelivery(db, first, NOW + 60)))
      assert.equal(claims.filter(Boolean).length, 1)
      assert.deepEqual(await due(NOW + 50), [3, 4, 5])
      assert.deepEqual(await due(NOW + 60), [3, 4, 5, 1]) // its process has died
    })

    await t.test('end once, by the attempt that was the last', async () => {
      const outcome = {
        state: 'delivered',
        nextAt: NOW,
        lastStatus: 200,
        lastFailure: null,
        finishedAt: NOW + 70,
      } as const
      assert.equal(await webhooks.saveOutcome(db, { ...(await find(1)), attempts: 0 }, outcome), false)
      assert.equal(await webhooks.saveOutcome(db, await find(1), outcome), true)
      assert.equal(await webhooks.saveOutcome(db, await find(1), outcome), false)
      assert.deepEqual(await due(NOW + 50), [2, 3, 4, 5])
      assert.equal(await webhooks.reviveDelivery(db, 'a', 2, NOW), false) // it is due anyway
      assert.equal(await webhooks.reviveDelivery(db, 'a', 1, NOW), true)
      assert.equal(await webhooks.reviveDelivery(db, 'b', 1, NOW), false)
      assert.deepEqual(await due(NOW + 50), [1, 3, 4, 5])
      assert.equal((await find(1)).attempts, 0)
      const dead = { ...outcome, state: 'dead', lastStatus: null, lastFailure: 'timeout' } as const
      assert.equal(await webhooks.saveOutcome(db, await find(3), dead), true)
      const listed = await webhooks.listDeliveries(db, 'a', { state: 'dead', before: 100, most: 10 })
      assert.deepEqual(
        listed.map(({ sequence, lastFailure }) => [sequence, lastFailure]),
        [[3, 'timeout']],
      )
    })

    await t.test('are forgotten when they are finished long enough, and with their endpoint', async () => {
      assert.equal(Number(await webhooks.purgeFinished(db, NOW + 70)), 0)
      assert.equal(Number(await webhooks.purgeFinished(db, NOW + 71)), 1)
      assert.equal(await webhooks.deleteEndpoint(db, 'a'), true)
      assert.equal(await webhooks.deleteEndpoint(db, 'a'), false)
      assert.deepEqual(await webhooks.listDeliveries(db, 'a', { before: 100, most: 10 }), [])
    })
  })
}
