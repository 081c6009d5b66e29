/** What the store of sign-in attempts promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as signIn from '../../src/features/sign-in/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`sign-in attempts on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const add = async (id: string, userId = 1) => {
      const attempt = { id, userId, amr: 'pwd', begunAt: NOW, expiresAt: NOW + 1000 }
      await signIn.insertAttempt(db, attempt)
      return attempt
    }

    await t.test('are found until they expire', async () => {
      const attempt = await add('found')
      assert.deepEqual(await signIn.findOpenAttempt(db, 'found', NOW + 999), attempt)
      assert.equal(await signIn.findOpenAttempt(db, 'found', NOW + 1000), undefined)
      assert.equal(await signIn.findOpenAttempt(db, 'FOUND', NOW), undefined)
    })

    await t.test('are spent once, by one of fifty', async () => {
      await add('spent')
      const won = await Promise.all(Array.from({ length: 50 }, () => signIn.spendAttempt(db, 'spent', NOW)))
      assert.equal(won.filter(Boolean).length, 1)
      assert.equal(await signIn.findOpenAttempt(db, 'spent', NOW), undefined)
      assert.equal(await signIn.countTry(db, 'spent', 5, NOW), false)
    })

    await t.test('have as many tries as they may, however many come at once', async () => {
      await add('tried')
      const counted = await Promise.all(Array.from({ length: 50 }, () => signIn.countTry(db, 'tried', 5, NOW)))
      assert.equal(counted.filter(Boolean).length, 5)
      await add('late')
      assert.equal(await signIn.countTry(db, 'late', 5, NOW + 1000), false)
      assert.equal(await signIn.spendAttempt(db, 'late', NOW + 1000), false)
    })

    await t.test('go with their user', async () => {
      await add('of another', 2)
      await signIn.deleteAttemptsOf(db, 2)
      assert.equal(await signIn.findOpenAttempt(db, 'of another', NOW), undefined)
      assert.ok(await signIn.findOpenAttempt(db, 'found', NOW))
    })

    await t.test('go when they expired', async () => {
      assert.equal(await signIn.deleteExpiredAttempts(db, NOW + 1000), 0n)
      assert.equal(await signIn.deleteExpiredAttempts(db, NOW + 1001), 4n)
    })
  })
}
