/** What the store of passwords promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as passwords from '../../src/features/passwords/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`passwords on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const own = (text: string) => ({ hash: `$argon2id$v=19$${text}`, scheme: 'argon2id' })
    const row = (user_id: number, hash: string, changed_at = NOW) => ({
      user_id,
      hash,
      scheme: `as ${hash}`,
      changed_at,
    })

    await t.test('are one a user', async () => {
      assert.equal(await passwords.findHash(db, 1), undefined)
      await passwords.insertHash(db, 1, own('a'), NOW)
      assert.equal(await passwords.findHash(db, 1), '$argon2id$v=19$a')
      await assert.rejects(passwords.insertHash(db, 1, own('b'), NOW), UniqueViolation)
      await passwords.deleteHash(db, 1)
      assert.equal(await passwords.findHash(db, 1), undefined)
    })

    await t.test('are replaced where the old hash is still there, to the letter', async () => {
      await passwords.insertHash(db, 2, own('Old'), NOW)
      await passwords.replaceHash(db, 2, '$argon2id$v=19$old', own('new'))
      assert.equal(await passwords.findHash(db, 2), '$argon2id$v=19$Old')
      await passwords.replaceHash(db, 2, '$argon2id$v=19$Old', own('new'))
      assert.equal(await passwords.findHash(db, 2), '$argon2id$v=19$new')
    })

    await t.test('are changed where the proved hash is still there, to the letter, by one of many', async () => {
      await passwords.insertHash(db, 7, own('Proved'), NOW)
      assert.equal(await passwords.changeHash(db, 7, '$argon2id$v=19$proved', own('new'), NOW + 5), false)
      const changes = Array.from({ length: 20 }, (_, number) =>
        passwords.changeHash(db, 7, '$argon2id$v=19$Proved', own(`new ${number}`), NOW + 5),
      )
      const made = await Promise.all(changes)
      assert.equal(made.filter(Boolean).length, 1)
      assert.equal(await passwords.findHash(db, 7), `$argon2id$v=19$new ${made.indexOf(true)}`)
      assert.equal(await passwords.findChangedAt(db, 7), NOW + 5)
      assert.equal(await passwords.changeHash(db, 8, '', own('nobody'), NOW), false)
    })

    await t.test('are put, whether or not there was one, and each change is later than the one before', async () => {
      assert.equal(await passwords.findChangedAt(db, 8), undefined)
      const times: (number | undefined)[] = []
      for (const time of [NOW, NOW, NOW - 1000, NOW + 9]) {
        await passwords.putHash(db, kind, 8, own(`put ${time}`), time)
        times.push(await passwords.findChangedAt(db, 8))
      }
      assert.deepEqual(times, [NOW, NOW + 1, NOW + 2, NOW + 9])
      assert.equal(await passwords.findHash(db, 8), `$argon2id$v=19$put ${NOW + 9}`)
    })

    await t.test('are removed once', async () => {
      assert.deepEqual([await passwords.deleteHash(db, 7), await passwords.deleteHash(db, 7)], [true, false])
      assert.equal(await passwords.deleteHash(db, 8), true)
    })

    await t.test('are merged: an own hash stays, an imported one gives way to another one', async () => {
      await passwords.insertHash(db, 3, own('mine'), NOW)
      await passwords.mergeHashes(db, kind, [row(3, 'theirs'), row(4, 'first'), row(5, 'same', 1)])
      await passwords.mergeHashes(db, kind, [row(3, 'again'), row(4, 'second'), row(5, 'same', 2), row(6, 'new')])
      const found = await Promise.all([3, 4, 5, 6].map((id) => passwords.findHash(db, id)))
      assert.deepEqual(found, ['$argon2id$v=19$mine', 'second', 'same', 'new'])
      const kept = db.selectFrom('password').select(['scheme', 'changed_at']).where('user_id', '=', 5)
      assert.deepEqual({ ...(await kept.executeTakeFirst()) }, { scheme: 'as same', changed_at: 1 })
    })

    await t.test('are merged by the thousand', async () => {
      const rows = Array.from({ length: 1201 }, (_, index) => ({
        ...row(10_000 + index, `many ${index}`),
        scheme: 'many',
      }))
      await passwords.mergeHashes(db, kind, rows)
      assert.equal(await passwords.findHash(db, 11_200), 'many 1200')
    })

    await t.test('are counted by scheme', async () => {
      const counts = await passwords.countSchemes(db)
      const users = Object.fromEntries(counts.map((count) => [count.scheme, count.users]))
      assert.deepEqual(users, { argon2id: 2, 'as second': 1, 'as same': 1, 'as new': 1, many: 1201 })
    })
  })
}
