/** What the store of signing keys promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as keys from '../../src/features/keys/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`signing keys on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const key = (id: string, state: 'next' | 'current', createdAt = NOW) => ({
      id,
      algorithm: 'ES256' as const,
      state,
      createdAt,
      activatedAt: null,
      retireAt: null,
      publicJwk: `{"kid":"${id}"}`,
      privateKeySealed: `sealed ${id} ${'x'.repeat(4000)}`,
    })

    await t.test('are listed oldest first, as they were inserted', async () => {
      await keys.insertKey(db, key('b', 'next', NOW + 1))
      await keys.insertKey(db, key('a', 'current'))
      assert.deepEqual(await keys.listKeys(db), [key('a', 'current'), key('b', 'next', NOW + 1)])
    })

    await t.test('are one next and one current an algorithm', async () => {
      for (const state of ['next', 'current'] as const) {
        await assert.rejects(keys.insertKey(db, key('c', state)), UniqueViolation)
        await keys.insertKey(db, { ...key(`ed ${state}`, state), algorithm: 'EdDSA' })
      }
      await assert.rejects(keys.promoteKey(db, 'b', 'ES256', NOW), UniqueViolation)
    })

    await t.test('go from state to state, each step once', async () => {
      const versions = new Set([await keys.readVersion(db)])
      assert.deepEqual([await keys.demoteKey(db, 'a', NOW + 9), await keys.demoteKey(db, 'a', NOW + 10)], [true, false])
      versions.add(await keys.readVersion(db))
      const promote = () => keys.promoteKey(db, 'b', 'ES256', NOW + 5)
      assert.deepEqual([await promote(), await promote()], [true, false])
      versions.add(await keys.readVersion(db))
      const listed = new Map((await keys.listKeys(db)).map((each) => [each.id, each]))
      const [a, b] = [listed.get('a'), listed.get('b')]
      assert.deepEqual([a?.id, a?.state, a?.retireAt], ['a', 'previous', NOW + 9])
      assert.deepEqual([b?.id, b?.state, b?.activatedAt], ['b', 'current', NOW + 5])
      assert.deepEqual([await keys.retireKey(db, 'a'), await keys.retireKey(db, 'a')], [true, false])
      versions.add(await keys.readVersion(db))
      assert.equal(versions.size, 4)
    })

    await t.test('lose their private half when they are retired, and are listed no more', async () => {
      assert.ok(!(await keys.listKeys(db)).some(({ id }) => id === 'a'))
      const row = db.selectFrom('signing_key').select(['state', 'private_key_sealed']).where('id', '=', 'a')
      assert.deepEqual({ ...(await row.executeTakeFirst()) }, { state: 'retired', private_key_sealed: '' })
    })

    await t.test('are sealed anew where the old seal is still there', async () => {
      const { privateKeySealed } = key('b', 'current')
      const replace = () => keys.replaceSealed(db, 'b', privateKeySealed, 'sealed anew')
      assert.deepEqual([await replace(), await replace()], [true, false])
      assert.equal((await keys.listKeys(db)).find(({ id }) => id === 'b')?.privateKeySealed, 'sealed anew')
    })
  })
}
