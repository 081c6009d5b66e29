/** What the store of users promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as users from '../../src/features/users/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`users on ${name}`, async (t) => {
    const { db, transaction } = await openFresh(t, kind)
    const add = (email: string) => users.insertUser(db, { email, firstName: '', lastName: '' }, NOW)

    await t.test('are found by id and by the key of their address, as they were inserted', async () => {
      const user = await users.insertUser(db, { email: 'Ann@EXÄMPLE.com', firstName: TEXT, lastName: TEXT }, NOW)
      const { id } = user
      assert.deepEqual(user, {
        id,
        email: 'Ann@EXÄMPLE.com',
        firstName: TEXT,
        lastName: TEXT,
        isEnabled: true,
        createdAt: NOW,
        lastLoginAt: null,
        sessionsEndedAt: null,
        emailVerifiedAt: null,
        locale: null,
        awaitsProof: false,
        hasSecondFactor: false,
      })
      assert.deepEqual(await users.findUser(db, 'id', id), user)
      assert.deepEqual(await users.findUser(db, 'email_key', 'ann@exämple.com'), user)
      for (const other of ['Ann@EXÄMPLE.com', 'ann@example.com', 'ann@exämple', '%', TEXT]) {
        assert.equal(await users.findUser(db, 'email_key', other), undefined)
      }
      assert.equal(await users.findUser(db, 'id', id + 1000), undefined)
    })

    await t.test('have addresses of their own, whatever the case', async () => {
      await add('one@example.com')
      for (const email of ['one@example.com', 'ONE@Example.com']) await assert.rejects(add(email), UniqueViolation)
      assert.notEqual((await add('öne@example.com')).id, (await add('oné@example.com')).id)
    })

    await t.test('leave nothing behind when their transaction fails', async () => {
      const failure = new Error('later')
      const work = transaction(async (tx) => {
        await users.insertUser(tx, { email: 'half@example.com', firstName: '', lastName: '' }, NOW)
        throw failure
      })
      await assert.rejects(work, failure)
      assert.equal(await users.findUser(db, 'email_key', 'half@example.com'), undefined)
    })

    await t.test('are changed while they are enabled only, and each change says whether it was made', async () => {
      const { id } = await add('state@example.com')
      const login = () => users.updateEnabled(db, id, { last_login_at: NOW })
      assert.deepEqual([await login(), await login()], [true, true]) // the second one changes nothing, and holds the row
      assert.equal((await users.findUser(db, 'id', id))?.lastLoginAt, NOW)
      assert.equal(await users.updateEnabled(db, id, { disabled_at: NOW }), true)
      assert.equal((await users.findUser(db, 'id', id))?.isEnabled, false)
      assert.deepEqual([await login(), await users.updateEnabled(db, 4_242_424, { disabled_at: NOW })], [false, false])
      assert.deepEqual([await users.enableUser(db, id), await users.enableUser(db, id)], [true, false])
      assert.deepEqual([await users.deleteUser(db, id), await users.deleteUser(db, id)], [true, false])
      assert.equal(await users.findUser(db, 'id', id), undefined)
    })

    await t.test('are let in by one factor until a second one is noted', async () => {
      const { id } = await add('factors@example.com')
      const login = () => users.noteLogin(db, id, NOW, { unlessSecondFactor: true })
      const since = async () =>
        (await db.selectFrom('user').select('second_factor_since').where('id', '=', id).executeTakeFirstOrThrow())
          .second_factor_since
      assert.equal(await login(), true)
      await users.noteSecondFactor(db, id, NOW)
      await users.noteSecondFactor(db, id, NOW + 5)
      assert.deepEqual([await login(), await since()], [false, NOW])
      const hold = (unlessSecondFactor: boolean) => users.holdEnabled(db, id, NOW, { unlessSecondFactor })
      assert.deepEqual([await hold(true), await hold(false)], [false, true])
      assert.equal((await users.findUser(db, 'id', id))?.hasSecondFactor, true)
      assert.equal(await users.updateEnabled(db, id, { last_login_at: NOW }), true)
      await users.noteSecondFactor(db, id, null)
      assert.deepEqual([await login(), await since()], [true, null])
      assert.deepEqual([await hold(true), (await users.findUser(db, 'id', id))?.hasSecondFactor], [true, false])
    })

    await t.test('are listed by ids or addresses, also within a transaction', async () => {
      const [a, b] = [await add('list-a@example.com'), await add('list-b@example.com')]
      const sorted = (list: { id: number }[]) => list.map(({ id }) => id).sort((x, y) => x - y)
      assert.deepEqual(sorted(await users.listUsers(db, 'id', [b.id, a.id, 4_242_424])), [a.id, b.id])
      const held = await transaction((tx) => users.listUsers(tx, 'email_key', [a.email, b.email, 'nobody@example.com']))
      assert.deepEqual(sorted(held), [a.id, b.id])
      assert.deepEqual(await users.listUsers(db, 'id', []), [])
    })

    await t.test('are imported with their ids, all or none', async () => {
      const imported = (id: number, email: string, isEnabled = true) => ({
        id,
        email,
        isEnabled,
        firstName: TEXT,
        lastName: '',
        lastLoginAt: 7,
        isEmailVerified: isEnabled,
      })
      await users.insertUsers(db, [imported(5001, 'I1@example.com'), imported(5002, 'i2@example.com', false)], NOW)
      const first = await users.findUser(db, 'email_key', 'i1@example.com')
      assert.deepEqual(first, {
        id: 5001,
        email: 'I1@example.com',
        firstName: TEXT,
        lastName: '',
        isEnabled: true,
        createdAt: NOW,
        lastLoginAt: 7,
        sessionsEndedAt: null,
        emailVerifiedAt: NOW,
        locale: null,
        awaitsProof: false,
        hasSecondFactor: false,
      })
      assert.equal((await users.findUser(db, 'id', 5002))?.emailVerifiedAt, null)
      assert.equal((await users.findUser(db, 'id', 5002))?.sessionsEndedAt, NOW)
      assert.equal((await users.findUser(db, 'id', 5002))?.isEnabled, false)
      for (const taken of [imported(5001, 'new@example.com'), imported(5003, 'i1@EXAMPLE.com')]) {
        await assert.rejects(users.insertUsers(db, [imported(5004, 'i4@example.com'), taken], NOW), UniqueViolation)
      }
      assert.equal(await users.findUser(db, 'id', 5004), undefined)
    })

    await t.test('prove their address once, and only the one that they have', async () => {
      const { id } = await add('Prove@example.com')
      assert.equal(await users.verifyEmail(db, id, 'other@example.com', NOW), false)
      assert.deepEqual(
        [
          await users.verifyEmail(db, id, 'prove@EXAMPLE.com', NOW),
          await users.verifyEmail(db, id, 'prove@example.com', 1),
        ],
        [true, false],
      )
      assert.equal((await users.findUser(db, 'id', id))?.emailVerifiedAt, NOW)
    })

    await t.test('get another address where the old one is still theirs and the new one is nobody else’s', async () => {
      const [{ id }, other] = [await add('from@example.com'), await add('taken@example.com')]
      const move = (from: string, to: string) => users.moveEmail(db, id, { from, to, verifiedAt: NOW })
      assert.equal(await move('other@example.com', 'to@example.com'), false)
      await assert.rejects(move('from@example.com', 'TAKEN@example.com'), UniqueViolation)
      assert.equal(await move('FROM@example.com', 'To@example.com'), true)
      const moved = await users.findUser(db, 'email_key', 'to@example.com')
      assert.deepEqual([moved?.id, moved?.email, moved?.emailVerifiedAt], [id, 'To@example.com', NOW])
      assert.equal((await users.findUser(db, 'id', other.id))?.email, 'taken@example.com')
    })

    await t.test('choose a language', async () => {
      const { id } = await users.insertUser(
        db,
        { email: 'ar@example.com', firstName: '', lastName: '', locale: 'ar' },
        NOW,
      )
      assert.equal((await users.findUser(db, 'id', id))?.locale, 'ar')
      await users.updateLocale(db, id, null)
      assert.equal((await users.findUser(db, 'id', id))?.locale, null)
    })

    await t.test('are held while they are enabled and their sessions were not all ended since', async () => {
      const { id } = await add('held@example.com')
      assert.equal(await users.holdEnabled(db, id, NOW), true)
      await users.updateEnabled(db, id, { sessions_ended_at: NOW })
      assert.deepEqual([await users.holdEnabled(db, id, NOW - 1), await users.holdEnabled(db, id, NOW)], [false, true])
      await users.updateEnabled(db, id, { disabled_at: NOW })
      assert.equal(await users.holdEnabled(db, id, NOW), false)
    })

    await t.test('keep what a change does not name', async () => {
      const before = await add('change@example.com')
      await users.updateUser(db, before.id, { email: 'Change@example.com', firstName: TEXT })
      assert.deepEqual(await users.findUser(db, 'id', before.id), {
        ...before,
        email: 'Change@example.com',
        firstName: TEXT,
      })
      await users.updateUser(db, before.id, { lastLoginAt: NOW, lastName: 'x' })
      assert.equal((await users.findUser(db, 'id', before.id))?.lastLoginAt, NOW)
    })

    await t.test('are given no id up to a reserved one, nor one that was given before', async () => {
      await transaction((tx) => users.reserveIds(tx, 90_000))
      const next = await add('reserved@example.com')
      assert.ok(next.id > 90_000)
      await transaction((tx) => users.reserveIds(tx, 10))
      await users.deleteUser(db, next.id)
      assert.ok((await add('later@example.com')).id > next.id)
    })
  })
}
