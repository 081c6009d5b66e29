/** What the store of roles promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as roles from '../../src/features/roles/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`roles on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    const clerk = { name: 'clerk', permissions: ['orders:read', 'orders:write'], isBuiltIn: false }
    const grant = (userId: number, role: string) => roles.insertGrant(db, { userId, role, grantedBy: null }, NOW)

    await t.test('are one of a name, and hold what they were given', async () => {
      await roles.insertRole(db, clerk, NOW)
      await roles.insertRole(db, { name: 'nobody', permissions: [], isBuiltIn: false }, NOW)
      assert.deepEqual(await roles.listOwnRoles(db), [clerk, { name: 'nobody', permissions: [], isBuiltIn: false }])
      await assert.rejects(roles.insertRole(db, clerk, NOW), UniqueViolation)
      assert.equal(await roles.updateRole(db, { ...clerk, permissions: ['orders:read'] }, NOW + 1), true)
      assert.equal(await roles.updateRole(db, { ...clerk, name: 'other' }, NOW), false)
      assert.deepEqual((await roles.listOwnRoles(db))[0]?.permissions, ['orders:read'])
    })

    await t.test('are given once and taken once', async () => {
      assert.deepEqual([await grant(1, 'clerk'), await grant(1, 'clerk'), await grant(1, 'admin')], [true, false, true])
      await grant(2, 'clerk')
      assert.deepEqual(await roles.listRolesOf(db, 1), ['admin', 'clerk'])
      assert.deepEqual(await roles.listRolesOf(db, 3), [])
      assert.deepEqual(await roles.listGrantsOf(db, 2), [{ role: 'clerk', grantedAt: NOW }])
      assert.deepEqual(await roles.listHolders(db, 'clerk'), [1, 2])
      assert.deepEqual((await roles.listRolesOfAny(db, [1, 2, 3])).sort(), ['admin', 'clerk'])
      assert.deepEqual(await roles.listRolesOfAny(db, [3]), [])
      const taken = [await roles.deleteGrant(db, 1, 'clerk'), await roles.deleteGrant(db, 1, 'clerk')]
      assert.deepEqual(taken, [true, false])
      assert.deepEqual(await roles.listRolesOf(db, 1), ['admin'])
    })

    await t.test('go from everybody when they are removed, and all of them with their user', async () => {
      assert.deepEqual([await roles.deleteRole(db, 'clerk'), await roles.deleteRole(db, 'clerk')], [true, false])
      assert.deepEqual(await roles.listRolesOf(db, 2), [])
      await roles.deleteGrantsOf(db, 1)
      assert.deepEqual(await roles.listRolesOf(db, 1), [])
    })
  })
}
