/** The relay over processes: one at a time; when it is killed, another one goes on, without a gap and without a place given twice. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join, signIn } from '../scenario.ts'
import { startProcess } from '../start-process.ts'
import { openSql } from './sql.ts'

const SECRET_KEY = 'a secret key that only tests have'

for (const { kind, name } of databases()) {
  describe(name, () => {
    test('of two services one relays; when it is killed, the other one goes on', async (t) => {
      const { url } = await freshDatabase(t, kind)
      const environment = {
        DATABASE_URL: url,
        SECRET_KEY,
        WORKERS: '1',
        EVENTS_LEASE_SECONDS: '2',
        LIMITS: 'off',
        LOG_LEVEL: 'debug',
      }
      const one = await startProcess(t, { environment })
      const two = await startProcess(t, { environment })
      const sql = await openSql(t, url)
      const number = async (statement: string) => Number(Object.values((await sql(statement))[0] ?? {})[0])
      const waiting = () => number('select count(*) as number from event where sequence is null')
      const { email } = await join(one, 'ann')
      await eventually('all have their places', async () => (await waiting()) === 0)

      const relays = ({ logs }: typeof one) => logs.some(({ msg }) => msg === 'this process relays the events')
      const [first, other] = relays(one) ? [one, two] : [two, one]
      assert.deepEqual([relays(first), relays(other)], [true, false])

      const load = (async () => {
        for (let turn = 0; turn < 30; turn++) await signIn(other, email)
      })()
      await first.stop('SIGKILL')
      await load
      await eventually('the other one relays', async () => relays(other) && (await waiting()) === 0, 30)
      const total = await number('select count(*) as number from event')
      assert.equal(await number('select max(sequence) as number from event'), total)

      await t.test('and one that ends in order lets go at once', async (t) => {
        const third = await startProcess(t, { environment: { ...environment, EVENTS_LEASE_SECONDS: '300' } })
        assert.equal(await other.stop(), 0)
        await eventually(
          'the lease is free',
          async () => (await sql('select holder from event_head'))[0]?.holder === null,
        )
        await third.stop()
      })
    })
  })
}
