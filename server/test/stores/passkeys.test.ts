/** What the store of passkeys promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as passkeys from '../../src/features/passkeys/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

const AT_ONCE = 50

for (const { kind, name } of databases()) {
  test(`passkeys on ${name}`, async (t) => {
    const { db, statement } = await openFresh(t, kind)
    const add = (id: string, changes: Partial<Passkey> = {}) => passkeys.insertPasskey(db, passkey(id, changes))
    const countOf = async (credentialId: string) => (await passkeys.findPasskey(db, credentialId))?.signatureCount

    await t.test('are found as they were inserted, by the whole credential id', async () => {
      const full = passkey('full', {
        credentialId: 'A'.repeat(1364), // 1023 bytes, the most that there may be
        publicKey: 'k'.repeat(4000), // of ML-DSA-87
        signatureCount: 2 ** 32 - 1,
        name: TEXT.slice(0, 40),
        transports: ['internal', 'hybrid'],
        isBackupEligible: true,
        isBackedUp: true,
        lastUsedAt: NOW,
      })
      await passkeys.insertPasskey(db, full)
      assert.deepEqual(await passkeys.findPasskey(db, full.credentialId), full)
      assert.equal(await passkeys.findPasskey(db, full.credentialId.toLowerCase()), undefined)
      assert.equal(await passkeys.findPasskey(db, full.credentialId.slice(1)), undefined)
    })

    await t.test('have a credential id once, whoever brings it', async () => {
      await add('mine', { credentialId: 'same' })
      await assert.rejects(add('theirs', { credentialId: 'same', userId: 2 }), UniqueViolation)
      await add('another', { credentialId: 'Same', userId: 2 })
    })

    await t.test('of a user are listed, the oldest first', async () => {
      await add('younger', { userId: 3, createdAt: NOW + 1 })
      await add('older', { userId: 3 })
      assert.deepEqual(
        (await passkeys.listPasskeys(db, 3)).map(({ id }) => id),
        ['older', 'younger'],
      )
    })

    const uses: [title: string, stored: number, shown: number, isTaken: boolean][] = [
      ['that goes up', 5, 6, true],
      ['that goes up by much', 5, 2 ** 32 - 1, true],
      ['that stays', 5, 5, false],
      ['that goes back', 5, 4, false],
      ['that goes back to nothing', 5, 0, false],
      ['that never counts', 0, 0, true],
      ['that begins to count', 0, 1, true],
    ]
    for (const [title, stored, shown, isTaken] of uses) {
      await t.test(
        `a use with a counter ${title} is ${isTaken ? 'noted' : 'not noted'} (WebAuthn §7.2 step 22)`,
        async () => {
          const id = `use ${title}`
          await add(id, { signatureCount: stored })
          const use = { id, signatureCount: shown, isBackedUp: true }
          assert.equal(await passkeys.notePasskeyUsed(db, use, NOW + 9), isTaken)
          const after = await passkeys.findPasskey(db, `credential ${id}`)
          const expected = isTaken ? [shown, true, NOW + 9] : [stored, false, null]
          assert.deepEqual([after?.signatureCount, after?.isBackedUp, after?.lastUsedAt], expected)
        },
      )
    }

    await t.test(`a counter value is noted for one of ${AT_ONCE} at once`, async () => {
      await add('raced', { signatureCount: 1 })
      const use = { id: 'raced', signatureCount: 2, isBackedUp: false }
      const note = () => statement((one) => passkeys.notePasskeyUsed(one, use, NOW))
      const noted = await Promise.all(Array.from({ length: AT_ONCE }, note))
      assert.deepEqual([noted.filter(Boolean).length, await countOf('credential raced')], [1, 2])
    })

    await t.test('are renamed and removed by their user only (GHSA-4vcf-q4xf-f48m)', async () => {
      await add('owned', { userId: 4 })
      assert.equal(await passkeys.renamePasskey(db, 5, 'owned', 'stolen'), false)
      assert.equal(await passkeys.deletePasskey(db, 5, 'owned'), false)
      assert.equal(await passkeys.renamePasskey(db, 4, 'owned', TEXT.slice(0, 40)), true)
      assert.equal((await passkeys.findPasskey(db, 'credential owned'))?.name, TEXT.slice(0, 40))
      assert.deepEqual(
        [await passkeys.deletePasskey(db, 4, 'owned'), await passkeys.deletePasskey(db, 4, 'owned')],
        [true, false],
      )
    })
  })

  test(`user handles on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const handle = 'h'.repeat(86)
    assert.equal(await passkeys.findHandle(db, 1), undefined)
    await passkeys.insertHandle(db, 1, handle)
    assert.equal(await passkeys.findHandle(db, 1), handle)
    await assert.rejects(passkeys.insertHandle(db, 1, 'another'), UniqueViolation, 'one a user')
    await assert.rejects(passkeys.insertHandle(db, 2, handle), UniqueViolation, 'one user each')
    await passkeys.insertHandle(db, 2, handle.toUpperCase())
  })

  test(`challenges on ${name}`, async (t) => {
    const { db, statement } = await openFresh(t, kind)
    const full = { hash: 'full', purpose: 'enrol', userId: 7, boundTo: 'session' }
    const open = { hash: 'open', purpose: 'sign-in', userId: undefined, boundTo: undefined }
    for (const key of [full, open]) await passkeys.insertChallenge(db, { ...key, expiresAt: NOW + 300 })
    const spend = (key: Key, now = NOW) => passkeys.spendChallenge(db, key, now)

    const wrong: [title: string, key: Key][] = [
      ['another challenge', { ...full, hash: 'FULL' }],
      ['another purpose', { ...full, purpose: 'step-up' }],
      ['another user', { ...full, userId: 8 }],
      ['no user', { ...full, userId: undefined }],
      ['another session', { ...full, boundTo: 'other' }],
      ['no session', { ...full, boundTo: undefined }],
      ['a user where there was none', { ...open, userId: 7 }],
      ['a session where there was none', { ...open, boundTo: 'session' }],
    ]
    for (const [title, key] of wrong) {
      await t.test(`are not spent for ${title} (CVE-2024-39683)`, async () => assert.equal(await spend(key), false))
    }

    await t.test('are not spent when they have expired', async () => {
      assert.equal(await spend(full, NOW + 300), false)
      assert.equal(await spend(full, NOW + 299), true)
    })

    await t.test(`are spent by one of ${AT_ONCE} at once`, async () => {
      const spendOnce = () => statement((one) => passkeys.spendChallenge(one, open, NOW))
      const spent = await Promise.all(Array.from({ length: AT_ONCE }, spendOnce))
      assert.equal(spent.filter(Boolean).length, 1)
    })

    await t.test('go when they have expired', async () => {
      assert.equal(await passkeys.deleteExpiredChallenges(db, NOW + 300), 0)
      assert.equal(await passkeys.deleteExpiredChallenges(db, NOW + 301), 2)
    })

    await t.test('go with passkeys and handle of an erased user', async () => {
      await passkeys.insertPasskey(db, passkey('gone', { userId: 7 }))
      await passkeys.insertPasskey(db, passkey('stays', { userId: 8 }))
      await passkeys.insertHandle(db, 7, 'handle')
      await passkeys.insertChallenge(db, { ...full, hash: 'again', expiresAt: NOW })
      await passkeys.deleteAllOf(db, 7)
      assert.deepEqual([await passkeys.listPasskeys(db, 7), await passkeys.findHandle(db, 7)], [[], undefined])
      assert.equal((await db.selectFrom('webauthn_challenge').select('purpose').execute()).length, 0)
      assert.equal((await passkeys.listPasskeys(db, 8)).length, 1)
    })
  })
}

type Passkey = Parameters<typeof passkeys.insertPasskey>[1]
type Key = Parameters<typeof passkeys.spendChallenge>[1]

function passkey(id: string, changes: Partial<Passkey> = {}): Passkey {
  return {
    id,
    userId: 1,
    credentialId: `credential ${id}`,
    publicKey: 'key',
    rpId: 'example.com',
    signatureCount: 0,
    isBackupEligible: false,
    isBackedUp: false,
    transports: [],
    aaguid: '00000000-0000-0000-0000-000000000000',
    name: 'Passkey',
    createdAt: NOW,
    lastUsedAt: null,
    ...changes,
  }
}
