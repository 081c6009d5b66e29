/** What the store of lifecycle promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledQuery, sql } from 'kysely'
import * as lifecycle from '../../src/features/lifecycle/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

const deletion = (delay: number) => ({ requestedAt: NOW, dueAt: NOW + delay })

for (const { kind, name } of databases()) {
  test(`deletions of accounts on ${name}`, async (t) => {
    const { db, transaction } = await openFresh(t, kind)

    await t.test('are kept, one for each user', async () => {
      await lifecycle.insertDeletion(db, 1, deletion(100))
      assert.deepEqual({ ...(await lifecycle.findDeletion(db, 1)) }, deletion(100))
      assert.equal(await lifecycle.findDeletion(db, 2), undefined)
      await assert.rejects(lifecycle.insertDeletion(db, 1, deletion(200)), { name: 'UniqueViolation' })
    })

    await t.test('are taken back once, and only the request that is meant', async () => {
      assert.equal(await lifecycle.removeDeletion(db, 1, NOW - 1), false)
      assert.equal(await lifecycle.removeDeletion(db, 1, NOW), true)
      assert.equal(await lifecycle.removeDeletion(db, 1), false)
    })

    await t.test('are due from their time on, the oldest first, and claimed once', async () => {
      for (const [id, delay] of [
        [3, 300],
        [2, 200],
        [4, 400],
      ] as const)
        await lifecycle.insertDeletion(db, id, deletion(delay))
      assert.deepEqual(await lifecycle.listDueDeletions(db, NOW + 300, 10), [2, 3])
      assert.deepEqual(await lifecycle.listDueDeletions(db, NOW + 300, 1), [2])
      assert.deepEqual(await lifecycle.listDueDeletions(db, NOW + 199, 10), [])
      assert.equal(await lifecycle.claimDueDeletion(db, 2, NOW + 199), false)
      assert.equal(await lifecycle.claimDueDeletion(db, 2, NOW + 200), true)
      assert.equal(await lifecycle.claimDueDeletion(db, 2, NOW + 200), false)
    })

    await t.test('are taken by one of many who take one back or claim it at once', async () => {
      const take = (round: number, index: number) =>
        transaction((tx) =>
          index % 2 === 0 ? lifecycle.removeDeletion(tx, round) : lifecycle.claimDueDeletion(tx, round, NOW + 1000),
        )
      for (let round = 100; round < 105; round++) {
        await lifecycle.insertDeletion(db, round, deletion(10))
        const all = await Promise.all(Array.from({ length: 20 }, (_, index) => take(round, index)))
        assert.equal(all.filter(Boolean).length, 1)
      }
    })

    await t.test('that are due are found by an index, however many wait', async () => {
      await transaction(async (tx) => {
        for (let id = 1000; id < 2500; id++) await lifecycle.insertDeletion(tx, id, deletion(1_000_000 + id))
      })
      if (kind !== 'sqlite')
        await sql.raw(kind === 'mysql' ? 'analyze table account_deletion' : 'analyze account_deletion').execute(db)
      const { sql: text, parameters } = lifecycle.queryDueDeletions(db, NOW + 500, 100).compile()
      const explained = CompiledQuery.raw(`explain ${kind === 'sqlite' ? 'query plan ' : ''}${text}`, [...parameters])
      assert.match(JSON.stringify((await db.executeQuery(explained)).rows), /account_deletion_by_due/)
    })
  })
}
