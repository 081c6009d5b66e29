/**
 * The order of events: of two about one user, the one that was committed before the other was written comes first, whatever
 * the writers do to each other; every committed event gets a place, and none waits for another writer's transaction.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type DatabaseKind, databases } from '../databases.ts'
import { join } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { relayAll, startRelay, untilChained } from './relaying.ts'

const USERS = 5
const WRITERS = 6
const EVENTS_A_WRITER = 40

for (const { kind, name } of databases()) describe(name, () => describeOrder(kind))

function describeOrder(kind: DatabaseKind): void {
  test('many writers at once, and two relays: no gap, and in order per user', async (t) => {
    const s = await startServer(t, { kind, clock: 'running' })
    const other = await startServer(t, { url: s.url, kind, clock: 'running' })
    const users = await Promise.all(Array.from({ length: USERS }, (_, index) => join(s, `user-${index}`)))
    const ids = users.map(({ id }) => id)
    const told = new Map(ids.map((id): [number, number] => [id, 0]))
    const stops = [startRelay(t, s), startRelay(t, other)]
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let turn = 0; turn < EVENTS_A_WRITER; turn++)
        await tellInOrder(writer % 2 === 0 ? s : other, ids[(writer * 7 + turn) % USERS] as number, told, turn)
    })
    await Promise.all(writers)
    await untilChained(s)
    await Promise.all(stops.map((stop) => stop()))

    const rows = await s.db
      .selectFrom('event')
      .select(['sequence', 'user_id', 'type', 'data'])
      .orderBy('sequence')
      .execute()
    assert.deepEqual(
      rows.map(({ sequence }) => sequence),
      rows.map((_, index) => index + 1),
    )
    for (const id of ids) {
      const numbers = rows.filter((row) => row.user_id === id && row.type === 'password.changed')
      assert.deepEqual(
        numbers.map(({ data }) => JSON.parse(data).number),
        Array.from({ length: told.get(id) ?? 0 }, (_, index) => index + 1),
      )
    }
    assert.equal((await s.service.audit.verify()).kind, 'whole')
  })

  if (kind === 'sqlite') return // one writer at a time: nobody commits late

  test('an event that is committed late, below others that have their places, is not missed; nobody waits for it', async (t) => {
    const s = await startServer(t, { kind, clock: 'running' })
    const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
    await relayAll(t, s)
    const stop = startRelay(t, s)
    const { events, database } = s.service
    const append = (tx: TestServer['db'], userId: number, number: number) =>
      events.append(tx, { type: 'password.changed', userId, actor: { kind: 'user', id: userId }, data: { number } })
    const late = Promise.withResolvers<void>()
    const isWritten = Promise.withResolvers<void>()
    const slow = database.transaction(async (tx) => {
      await append(tx, ann.id, 1)
      isWritten.resolve()
      await late.promise
    })
    await isWritten.promise
    const begunAt = performance.now()
    for (let number = 2; number <= 5; number++) await database.transaction((tx) => append(tx, bob.id, number))
    assert.ok(performance.now() - begunAt < 2_000, 'writers waited for each other')
    await untilChained(s)
    await wait(50)
    late.resolve()
    await slow
    await untilChained(s)
    await stop()
    const rows = await s.db
      .selectFrom('event')
      .select(['position', 'sequence', 'data'])
      .where('type', '=', 'password.changed')
      .orderBy('sequence')
      .execute()
    assert.deepEqual(
      rows.map(({ data }) => JSON.parse(data).number),
      [2, 3, 4, 5, 1],
    )
    assert.equal(Math.min(...rows.map(({ position }) => position)), rows.at(-1)?.position) // it was the lowest
    assert.equal((await s.service.audit.verify()).kind, 'whole')
  })
}

/** One transaction that holds the user's row, as every change of a user does. Now and then it fails, or takes its time. */
async function tellInOrder(
  { service }: TestServer,
  userId: number,
  told: Map<number, number>,
  turn: number,
): Promise<void> {
  const failure = new Error('on purpose')
  const work = service.database.transaction(async (tx) => {
    await tx.updateTable('user').set({ last_login_at: turn }).where('id', '=', userId).execute()
    const number = (told.get(userId) ?? 0) + 1
    const origin = { address: '192.0.2.1', userAgent: 'a phone' }
    await service.events.append(tx, {
      type: 'password.changed',
      userId,
      actor: { kind: 'user', id: userId },
      origin,
      data: { number },
    })
    if (turn % 9 === 8) throw failure
    if (turn % 5 === 0) await wait(Math.random() * 10)
    told.set(userId, number) // while the row is still held: whoever comes next sees it
  })
  await work.catch((error: unknown) => assert.equal(error, failure))
}
