/** What the store of apps for codes and recovery codes promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as totp from '../../src/features/totp/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

const STEP = 2 ** 36 // beyond 32 bits, as the last vector of RFC 6238 asks for
const AT_ONCE = 50

for (const { kind, name } of databases()) {
  test(`apps for codes on ${name}`, async (t) => {
    const { db, statement } = await openFresh(t, kind)
    const add = (userId: number, id = 'one') =>
      totp.insertTotp(db, { id, userId, secretSealed: `sealed ${id}`, enrolledAt: NOW, lastStep: STEP })
    const failuresOf = async (userId: number) =>
      (await db.selectFrom('totp').select('failures').where('user_id', '=', userId).executeTakeFirstOrThrow()).failures
    const wins = (results: readonly boolean[]) => results.filter(Boolean).length

    await t.test('are one a user, found as they were inserted', async () => {
      await add(1)
      assert.deepEqual(await totp.findTotp(db, 1), {
        id: 'one',
        userId: 1,
        secretSealed: 'sealed one',
        enrolledAt: NOW,
        lastStep: STEP,
        lastUsedAt: null,
        disabledAt: null,
      })
      await assert.rejects(add(1, 'other'), UniqueViolation)
      assert.equal(await totp.findTotp(db, 99), undefined)
    })

    await t.test('take each step once, and only later ones', async () => {
      const key = { userId: 1, id: 'one' }
      assert.equal(await totp.takeStep(db, key, STEP, NOW), false)
      assert.equal(await totp.takeStep(db, key, STEP + 1, NOW + 5), true)
      assert.equal(await totp.takeStep(db, key, STEP + 1, NOW), false)
      assert.equal(await totp.takeStep(db, key, STEP, NOW), false)
      const { lastStep, lastUsedAt } = (await totp.findTotp(db, 1)) ?? {}
      assert.deepEqual([lastStep, lastUsedAt], [STEP + 1, NOW + 5])
    })

    await t.test(`take a step for one of ${AT_ONCE} at once`, async () => {
      const take = () => statement((one) => totp.takeStep(one, { userId: 1, id: 'one' }, STEP + 2, NOW))
      assert.equal(wins(await Promise.all(Array.from({ length: AT_ONCE }, take))), 1)
    })

    await t.test('change nothing for whoever holds an older one of the user', async () => {
      const older = { userId: 1, id: 'older' }
      assert.equal(await totp.takeStep(db, older, STEP + 50, NOW), false)
      assert.equal(await totp.payTry(db, older, 100), false)
      assert.equal(await totp.disableFailing(db, older, 0, NOW), false)
    })

    await t.test('let no more tries pass than there may be, all at once', async () => {
      await add(2)
      const pay = () => statement((one) => totp.payTry(one, { userId: 2, id: 'one' }, 20))
      assert.equal(wins(await Promise.all(Array.from({ length: AT_ONCE }, pay))), 20)
      assert.equal(await failuresOf(2), 20)
    })

    await t.test('are disabled by one of those who see that it is enough, and right for nobody then', async () => {
      const key = { userId: 2, id: 'one' }
      assert.equal(await totp.disableFailing(db, key, 21, NOW), false, 'not yet')
      const disable = () => statement((one) => totp.disableFailing(one, key, 20, NOW + 7))
      assert.equal(wins(await Promise.all(Array.from({ length: 10 }, disable))), 1)
      assert.equal((await totp.findTotp(db, 2))?.disabledAt, NOW + 7)
      assert.equal(await totp.takeStep(db, key, STEP + 9, NOW), false)
      assert.equal(await totp.payTry(db, key, 1000), false)
    })

    await t.test('forget the failures at a right code', async () => {
      await add(3)
      const key = { userId: 3, id: 'one' }
      for (let count = 0; count < 19; count++) await totp.payTry(db, key, 20)
      await totp.takeStep(db, key, STEP + 1, NOW)
      assert.equal(await failuresOf(3), 0)
    })

    await t.test('go when they are removed, and only that user’s', async () => {
      assert.deepEqual([await totp.deleteTotp(db, 3), await totp.deleteTotp(db, 3)], [true, false])
      assert.ok(await totp.findTotp(db, 1))
    })

    await t.test('are sealed anew page by page, unless another one took the place', async () => {
      await add(4, 'four')
      const first = await totp.listSealedSecrets(db, 0, 2)
      assert.deepEqual(
        first.map(({ userId, sealed }) => [userId, sealed]),
        [
          [1, 'sealed one'],
          [2, 'sealed one'],
        ],
      )
      assert.deepEqual(await totp.listSealedSecrets(db, 2, 2), [{ userId: 4, id: 'four', sealed: 'sealed four' }])
      await totp.replaceSealedSecret(db, { userId: 4, id: 'four', sealed: 'anew' })
      await totp.replaceSealedSecret(db, { userId: 1, id: 'another', sealed: 'anew' })
      assert.deepEqual(
        [(await totp.findTotp(db, 4))?.secretSealed, (await totp.findTotp(db, 1))?.secretSealed],
        ['anew', 'sealed one'],
      )
    })
  })

  test(`enrolments of apps on ${name}`, async (t) => {
    const { db, statement } = await openFresh(t, kind)
    const begin = (userId: number, sessionId: string | undefined) =>
      totp.insertEnrolment(db, { id: `of ${userId}`, userId, sessionId, secretSealed: 'x', expiresAt: NOW + 600 })

    await t.test('are found by the session that began them, until they expire', async () => {
      await begin(1, 's1')
      await begin(2, undefined)
      const found = { id: 'of 1', secretSealed: 'x' }
      assert.deepEqual(await totp.findEnrolment(db, 1, 's1', NOW + 599), found)
      assert.equal(await totp.findEnrolment(db, 1, 's1', NOW + 600), undefined)
      assert.equal(await totp.findEnrolment(db, 1, 's2', NOW), undefined)
      assert.equal(
        await totp.findEnrolment(db, 1, undefined, NOW),
        undefined,
        'CVE-2024-39683: nothing is not anything',
      )
      assert.equal(await totp.findEnrolment(db, 2, 's1', NOW), undefined)
      assert.ok(await totp.findEnrolment(db, 2, undefined, NOW))
      await assert.rejects(begin(1, 's2'), UniqueViolation)
    })

    await t.test(`end for one of ${AT_ONCE} at once`, async () => {
      const end = () => statement((one) => totp.deleteEnrolment(one, 1, 'of 1'))
      const ended = await Promise.all(Array.from({ length: AT_ONCE }, end))
      assert.equal(ended.filter(Boolean).length, 1)
    })

    await t.test('go with the user, or when they have expired', async () => {
      await begin(3, 's3')
      await totp.deleteEnrolmentsOf(db, 3)
      assert.equal(await totp.findEnrolment(db, 3, 's3', NOW), undefined)
      assert.equal(await totp.deleteExpiredEnrolments(db, NOW + 600), 0)
      assert.equal(await totp.deleteExpiredEnrolments(db, NOW + 601), 1)
    })
  })

  test(`recovery codes on ${name}`, async (t) => {
    const { db, statement, transaction } = await openFresh(t, kind)
    const set = (userId: number, id: string) => ({ id, userId, keySealed: `key ${id}`, madeAt: NOW })
    const add = (userId: number, id: string, hashes: readonly string[]) =>
      transaction((tx) => totp.insertCodeSet(tx, set(userId, id), hashes))

    await t.test('are a set a user, found as it was inserted', async () => {
      await add(1, 'a', ['h1', 'h2', 'h3'])
      assert.deepEqual(await totp.findCodeSet(db, 1), set(1, 'a'))
      assert.equal(await totp.countUnusedCodes(db, 1), 3)
      assert.equal(await totp.countUnusedCodes(db, 2), 0)
      await assert.rejects(add(1, 'b', ['h1']), UniqueViolation)
    })

    await t.test('are used once, also by the same hash in another set', async () => {
      await add(2, 'c', ['h1'])
      assert.equal(await totp.spendCode(db, 'a', 'h1', NOW), true)
      assert.equal(await totp.spendCode(db, 'a', 'h1', NOW), false)
      assert.equal(await totp.spendCode(db, 'a', 'H2', NOW), false)
      assert.deepEqual([await totp.countUnusedCodes(db, 1), await totp.countUnusedCodes(db, 2)], [2, 1])
    })

    await t.test(`are used by one of ${AT_ONCE} at once`, async () => {
      const spend = () => statement((one) => totp.spendCode(one, 'a', 'h2', NOW))
      const spent = await Promise.all(Array.from({ length: AT_ONCE }, spend))
      assert.equal(spent.filter(Boolean).length, 1)
    })

    await t.test('go with their set, and only that one', async () => {
      assert.deepEqual([await totp.deleteCodeSet(db, 1), await totp.deleteCodeSet(db, 1)], [true, false])
      const rows = await db.selectFrom('recovery_code').select('set_id').execute()
      assert.deepEqual(
        rows.map((row) => row.set_id),
        ['c'],
      )
    })

    await t.test('have a key that is sealed anew, unless another set took the place', async () => {
      assert.deepEqual(await totp.listSealedSetKeys(db, 0, 9), [{ userId: 2, id: 'c', sealed: 'key c' }])
      await totp.replaceSealedSetKey(db, { userId: 2, id: 'another', sealed: 'anew' })
      assert.equal((await totp.findCodeSet(db, 2))?.keySealed, 'key c')
      await totp.replaceSealedSetKey(db, { userId: 2, id: 'c', sealed: 'anew' })
      assert.equal((await totp.findCodeSet(db, 2))?.keySealed, 'anew')
    })
  })
}
