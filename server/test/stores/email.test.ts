/** What the store of mails and codes promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as email from '../../src/features/email/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

const NEVER = Number.MAX_SAFE_INTEGER

for (const { kind, name } of databases()) {
  test(`mails and codes on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const mail = (id: string, changes: Partial<email.QueuedMail> = {}): email.QueuedMail => ({
      id,
      message: 'password-changed',
      userId: 7,
      isDecoy: false,
      sealed: `sealed ${id}`,
      createdAt: NOW,
      attempts: 0,
      dueAt: NOW,
      giveUpAt: NOW + 1000,
      ...changes,
    })
    const code = (slot: string, changes: Partial<email.EmailCode> = {}): email.EmailCode => ({
      slot,
      id: `id of ${slot}`,
      purpose: 'sign-in',
      userId: 7,
      address: 'Ann@example.com',
      state: TEXT,
      codeHash: 'c'.repeat(64),
      tokenHash: `token of ${slot}`,
      tries: 0,
      createdAt: NOW,
      expiresAt: NOW + 100,
      usedAt: null,
      ...changes,
    })

    await t.test('a mail is found as it was written, however long it is', async () => {
      const full = mail('full', { sealed: 'x'.repeat(200_000), userId: null, dueAt: NEVER, giveUpAt: NEVER })
      await email.insertMail(db, full)
      assert.deepEqual(await email.findMail(db, 'full'), full)
      assert.equal(await email.findMail(db, 'FULL'), undefined)
      await assert.rejects(email.insertMail(db, full), UniqueViolation)
    })

    await t.test(
      'mails are due from their time on, the longest waiting first, and decoys are no mails to be read',
      async () => {
        await email.insertMail(db, mail('late', { dueAt: NOW + 1 }))
        await email.insertMail(db, mail('first', { dueAt: NOW - 1, isDecoy: true }))
        await email.insertMail(db, mail('second', { createdAt: NOW + 5 }))
        const due = async (now: number, most = 10) => (await email.listDueMails(db, now, most)).map(({ id }) => id)
        assert.deepEqual(await due(NOW), ['first', 'second'])
        assert.deepEqual(await due(NOW, 1), ['first'])
        assert.deepEqual(await due(NOW + 1), ['first', 'second', 'late'])
        assert.deepEqual(
          (await email.listMails(db, 2)).map(({ id }) => id),
          ['second', 'full'],
        )
        assert.equal(await email.findMail(db, 'first'), undefined)
      },
    )

    await t.test('a mail is claimed by one, from the state in which it was seen', async () => {
      const seen = mail('second')
      const claims = [await email.claimMail(db, seen, NOW + 50), await email.claimMail(db, seen, NOW + 50)]
      assert.deepEqual(claims, [true, false])
      const claimed = await email.findMail(db, 'second')
      assert.deepEqual([claimed?.attempts, claimed?.dueAt], [1, NOW + 50])
      await email.postponeMail(db, 'second', 0, NOW + 9) // of a try before this one
      assert.equal((await email.findMail(db, 'second'))?.dueAt, NOW + 50)
      await email.postponeMail(db, 'second', 1, NOW + 60)
      assert.equal((await email.findMail(db, 'second'))?.dueAt, NOW + 60)
      assert.deepEqual([await email.deleteMail(db, 'second'), await email.deleteMail(db, 'second')], [true, false])
    })

    await t.test('of the mails that nobody sends the old ones go', async () => {
      assert.equal(await email.purgeKeptMails(db, NEVER, NOW), 0)
      assert.equal(await email.purgeKeptMails(db, NEVER, NOW + 1), 1)
      assert.deepEqual(
        (await email.listDueMails(db, NOW + 1, 10)).map(({ id }) => id),
        ['first', 'late'],
      )
    })

    await t.test('a code takes the whole place of the one before', async () => {
      await email.replaceCode(db, code('a', { tries: 5, usedAt: NOW }))
      const fresh = code('a', { id: 'other', userId: null, codeHash: null, tokenHash: 'fresh', expiresAt: NOW + 200 })
      await email.replaceCode(db, fresh)
      assert.deepEqual(await email.findCode(db, 'slot', 'a'), fresh)
      assert.deepEqual(await email.findCode(db, 'token_hash', 'fresh'), fresh)
      assert.equal(await email.findCode(db, 'token_hash', 'token of a'), undefined)
    })

    await t.test('tries are counted up to the last one, while the code is good', async () => {
      await email.replaceCode(db, code('b'))
      const tries = []
      for (let number = 0; number < 4; number++) tries.push(await email.countTry(db, 'b', 3, NOW))
      assert.deepEqual(tries, [true, true, true, false])
      await email.replaceCode(db, code('b'))
      assert.equal(await email.countTry(db, 'b', 3, NOW + 100), false)
      await email.useCode(db, code('b'), NOW)
      assert.equal(await email.countTry(db, 'b', 3, NOW), false)
      assert.equal(await email.countTry(db, 'unknown', 3, NOW), false)
    })

    await t.test('a code is used once, in time, and not when another one took its place', async () => {
      await email.replaceCode(db, code('c'))
      assert.equal(await email.useCode(db, code('c', { id: 'of before' }), NOW), false)
      assert.equal(await email.useCode(db, code('c'), NOW + 100), false)
      assert.deepEqual(
        [await email.useCode(db, code('c'), NOW + 99), await email.useCode(db, code('c'), NOW)],
        [true, false],
      )
      assert.equal((await email.findCode(db, 'slot', 'c'))?.usedAt, NOW + 99)
    })

    await t.test('what expired goes, and all of a user, and nothing of others', async () => {
      await email.replaceCode(db, code('d', { userId: 8, expiresAt: NOW + 500 }))
      assert.equal(await email.purgeCodes(db, NOW + 101), 2)
      await email.deleteMailsOf(db, 7)
      assert.deepEqual(await email.listDueMails(db, NOW + 1000, 10), [])
      await email.replaceCode(db, code('e'))
      const { purpose, address, createdAt, expiresAt, usedAt } = code('e')
      assert.deepEqual(await email.listCodesOf(db, 7), [{ purpose, address, createdAt, expiresAt, usedAt }])
      assert.deepEqual(await email.deleteCodesOf(db, 7), ['Ann@example.com'])
      assert.deepEqual(await email.deleteCodesOf(db, 7), [])
      assert.equal((await email.findCode(db, 'slot', 'd'))?.userId, 8)
    })

    await t.test('codes go by their slots, those of nobody alone where only these are meant', async () => {
      await email.replaceCode(db, code('f', { userId: null }))
      await email.deleteCodesAt(db, ['d', 'f', 'unknown'], { ofNobody: true })
      assert.deepEqual(
        [await email.findCode(db, 'slot', 'f'), (await email.findCode(db, 'slot', 'd'))?.userId],
        [undefined, 8],
      )
      await email.deleteCodesAt(db, ['d'], { ofNobody: false })
      assert.equal(await email.findCode(db, 'slot', 'd'), undefined)
    })
  })
}
