/** What the store of events promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as events from '../../src/features/events/store.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`events on ${name}`, async (t) => {
    const { db, transaction } = await openFresh(t, kind)
    const rows = () => db.selectFrom('event').selectAll().orderBy('occurred_at').execute()

    await t.test('are kept as they were told, as far as it fits', async () => {
      const origin = { address: '2001:db8::1', userAgent: 'x'.repeat(300) }
      await events.insertEvent(
        db,
        {
          type: 'session.ended',
          userId: 7,
          actor: { kind: 'operator', id: 8 },
          origin,
          reason: 'logout',
          data: { TEXT },
        },
        NOW,
      )
      const [row] = await rows()
      const { id, data, ...rest } = { ...row }
      assert.match(String(id), /^[0-9a-f]{32}$/)
      assert.deepEqual(JSON.parse(String(data)), { TEXT })
      assert.deepEqual(rest, {
        type: 'session.ended',
        occurred_at: NOW,
        user_id: 7,
        actor_kind: 'operator',
        actor_id: 8,
        session_id: null,
        client_id: null,
        address: '2001:db8::1',
        user_agent: 'x'.repeat(255),
        result: 'success',
        reason: 'logout',
      })
    })

    await t.test('of a transaction that fails did not happen', async () => {
      const failure = new Error('later')
      const work = transaction(async (tx) => {
        await events.insertEvent(tx, { type: 'key.rotated', userId: null, actor: { kind: 'system' } }, NOW + 1)
        throw failure
      })
      await assert.rejects(work, failure)
      assert.equal((await rows()).length, 1)
    })
  })
}
