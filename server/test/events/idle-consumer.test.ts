/** A consumer that wants nothing at the moment costs nothing: its place moves along, and what comes later is told. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DatabaseKind, databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { startRelay, untilChained } from './relaying.ts'

for (const { kind, name } of databases()) describe(name, () => describeIdle(kind))

function describeIdle(kind: DatabaseKind): void {
  test('who wants nothing is told nothing of it, then or later, and everything from when it wants some', async (t) => {
    const s = await startServer(t, { kind, clock: 'running' })
    let isIdle = true
    const told: number[] = []
    startRelay(t, s, [
      {
        name: 'sometimes',
        isIdle: () => Promise.resolve(isIdle),
        take: (events) => {
          told.push(...events.map(({ sequence }) => sequence))
          return Promise.resolve(events.length)
        },
      },
    ])
    await join(s, 'ann')
    await untilChained(s)
    const passed = await endOf(s)
    await eventually('its place is behind them', async () => (await placeOf(s)) === passed)
    assert.deepEqual(told, [])

    isIdle = false
    await join(s, 'bob')
    await untilChained(s)
    const end = await endOf(s)
    await eventually('its place is behind those, too', async () => (await placeOf(s)) === end)
    assert.deepEqual(
      told,
      Array.from({ length: end - passed }, (_, index) => passed + 1 + index),
    )
  })
}

async function endOf({ service }: TestServer): Promise<number> {
  return (await service.events.end())?.sequence ?? 0
}

async function placeOf({ db }: TestServer): Promise<number | undefined> {
  const row = await db.selectFrom('event_consumer').selectAll().where('name', '=', 'sometimes').executeTakeFirst()
  return row && Number(row.sequence)
}
