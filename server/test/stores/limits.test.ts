/** What the store of limits promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as limits from '../../src/features/limits/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

const AT_ONCE = 50
const account = (name: string) => ({ id: `account:${name}`, kind: 'account' as const, account: `hash of ${name}` })

for (const { kind, name } of databases()) {
  test(`limits on ${name}`, async (t) => {
    const { db, transaction } = await openFresh(t, kind)

    await t.test('are held as they were saved, and made empty where there are none', async () => {
      const saved = { ...account('a'), freeAt: NOW + 7, failures: 3, expiresAt: NOW + 3_600_000 }
      const other = {
        id: 'address:a',
        kind: 'address' as const,
        account: null,
        freeAt: NOW,
        failures: 0,
        expiresAt: NOW,
      }
      await transaction(async (tx) => {
        const held = await limits.holdBuckets(tx, [account('a'), other], NOW)
        assert.deepEqual(held.get('account:a'), { ...account('a'), freeAt: 0, failures: 0, expiresAt: NOW + 60_000 })
        assert.equal(held.size, 2)
        await limits.saveBuckets(tx, [saved, other])
      })
      const found = await limits.findBuckets(db, ['account:a', 'address:a', 'account:nobody'])
      assert.deepEqual(
        [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
        [saved, other],
      )
      const again = await transaction((tx) => limits.holdBuckets(tx, [account('a')], NOW))
      assert.deepEqual([...again.values()], [saved])
    })

    await t.test('a saved one changes no other, and its kind may change', async () => {
      const before = await limits.findBuckets(db, ['address:a'])
      const changed = { ...account('a'), kind: 'known' as const, freeAt: 1, failures: 0, expiresAt: NOW * 2 }
      await transaction(async (tx) => {
        await limits.holdBuckets(tx, [changed], NOW)
        await limits.saveBuckets(tx, [changed])
      })
      assert.deepEqual([...(await limits.findBuckets(db, ['account:a'])).values()], [changed])
      assert.deepEqual(await limits.findBuckets(db, ['address:a']), before)
    })

    await t.test(`${AT_ONCE} at once are counted as ${AT_ONCE}, in two buckets named in either order`, async () => {
      const both = [account('race'), { id: 'pair:race', kind: 'pair' as const, account: 'hash of race' }]
      const countOne = (turn: number) =>
        transaction(async (tx) => {
          const held = await limits.holdBuckets(tx, turn % 2 ? both : both.toReversed(), NOW)
          await limits.saveBuckets(
            tx,
            [...held.values()].map((bucket) => ({ ...bucket, failures: bucket.failures + 1 })),
          )
        })
      await Promise.all(Array.from({ length: AT_ONCE }, (_, turn) => countOne(turn)))
      const found = await limits.findBuckets(
        db,
        both.map(({ id }) => id),
      )
      assert.deepEqual(
        [...found.values()].map(({ failures }) => failures),
        [AT_ONCE, AT_ONCE],
      )
    })

    await t.test('those of an account are cleared together, and removed together', async () => {
      assert.deepEqual(
        [await limits.clearBucketsOf(db, ['hash of nobody']), await limits.clearBucketsOf(db, ['hash of race'])],
        [false, false],
      )
      const ids = ['account:race', 'pair:race']
      await transaction(async (tx) => {
        const held = await limits.holdBuckets(tx, [account('race')], NOW)
        await limits.saveBuckets(
          tx,
          [...held.values()].map((bucket) => ({ ...bucket, freeAt: NOW })),
        )
      })
      assert.equal(await limits.clearBucketsOf(db, ['hash of race', 'hash of nobody']), true)
      assert.equal((await limits.findBuckets(db, ids)).get('account:race')?.failures, 0)
      await limits.deleteBucketsOf(db, ['hash of race', 'hash of nobody'])
      assert.equal((await limits.findBuckets(db, ids)).size, 0)
      assert.equal((await limits.findBuckets(db, ['account:a'])).size, 1)
    })

    await t.test('what a failing transaction counted was never counted', async () => {
      const failure = new Error('later')
      const work = transaction(async (tx) => {
        const held = await limits.holdBuckets(tx, [account('half')], NOW)
        await limits.saveBuckets(tx, [...held.values()])
        throw failure
      })
      await assert.rejects(work, failure)
      assert.equal((await limits.findBuckets(db, ['account:half'])).size, 0)
    })

    await t.test(`of ${AT_ONCE} who spend a challenge at once one does`, async () => {
      const spent = await Promise.all(
        Array.from({ length: AT_ONCE }, () => limits.spendChallenge(db, 'f'.repeat(32), NOW)),
      )
      assert.equal(spent.filter(Boolean).length, 1)
    })

    await t.test('are removed when they expired, with spent challenges, and not before', async () => {
      await limits.spendChallenge(db, 'e'.repeat(32), NOW + 1)
      await transaction(async (tx) => {
        await limits.saveBuckets(tx, [
          ...[...(await limits.holdBuckets(tx, [account('old')], NOW)).values()].map((row) => ({
            ...row,
            expiresAt: NOW - 1,
          })),
        ])
      })
      assert.equal(await limits.deleteExpired(db, NOW), 1)
      assert.equal((await limits.findBuckets(db, ['account:old'])).size, 0)
      assert.equal((await limits.findBuckets(db, ['address:a', 'account:a'])).size, 2)
      assert.equal(await limits.deleteExpired(db, NOW + 1), 2) // address:a and the first challenge
    })
  })
}
