/** What the store of checkpoints promises, on every database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as audit from '../../src/features/audit/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`checkpoints on ${name}`, async (t) => {
    const { db } = await openFresh(t, kind)
    assert.equal(await audit.findLastCheckpoint(db), undefined)
    const one = { sequence: 5, signedAt: NOW, jws: 'a'.repeat(6000) } // with ML-DSA signatures they are long
    const two = { sequence: 9, signedAt: NOW + 1, jws: 'b' }
    for (const checkpoint of [two, one]) await audit.insertCheckpoint(db, checkpoint)
    await assert.rejects(audit.insertCheckpoint(db, one), { name: 'UniqueViolation' })
    assert.deepEqual(await audit.findLastCheckpoint(db), two)
    assert.deepEqual(await audit.listCheckpoints(db, 0, 10), [one, two])
    assert.deepEqual(await audit.listCheckpoints(db, 5, 10), [two])

    await audit.keepKey(db, { id: 'k', jwkSealed: 'first' })
    await audit.keepKey(db, { id: 'k', jwkSealed: 'second' })
    assert.deepEqual(await audit.listKeys(db), [{ id: 'k', jwkSealed: 'first' }])
    await audit.replaceKey(db, { id: 'k', jwkSealed: 'third' })
    assert.deepEqual(await audit.listKeys(db), [{ id: 'k', jwkSealed: 'third' }])
  })
}
