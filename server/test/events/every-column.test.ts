/**
 * No column of an event can be changed unnoticed: made of the columns as the database has them, so that a new one is in it by
 * itself. One that the hash does not cover fails until it has a place there.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type DatabaseKind, databases } from '../databases.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { relayAll } from './relaying.ts'

type Value = string | number | null
type Column = { name: string; isNumber: boolean; isNullable: boolean }

/** A chain with an event that has something in every column, and one that has nothing wherever that may be, between others. */
async function startAudited(t: TestContext, kind: DatabaseKind): Promise<TestServer> {
  const s = await startServer(t, { kind })
  const { events, database } = s.service
  const bare = { type: 'key.rotated', userId: null, actor: { kind: 'system' } } as const
  const full = {
    type: 'session.ended',
    userId: 42,
    actor: { kind: 'operator', id: 43 },
    sessionId: 'f'.repeat(32),
    clientId: 'app',
    reason: 'logout',
    data: { number: 1 },
    origin: { address: '192.0.2.1', userAgent: 'a phone' },
    personal: { place: 'home' },
  } as const
  for (const event of [bare, full, bare, bare, bare]) await database.transaction((tx) => events.append(tx, event))
  await relayAll(t, s)
  return s
}

async function columnsOf({ db }: TestServer): Promise<Column[]> {
  const event = (await db.introspection.getTables()).find(({ name }) => name === 'event')
  assert.ok(event)
  return event.columns.map(({ name, dataType, isNullable }) => ({
    name,
    isNumber: /int/i.test(dataType),
    isNullable: isNullable && name !== 'position', // SQLite says of its keys that they may be null
  }))
}

/** What else could stand there: another value, one that differs by a character, nothing, or something instead of nothing. */
function othersThan(value: Value, { isNumber, isNullable }: Column): Value[] {
  const filled = isNumber ? [0, 1_000_000] : ['', 'x']
  if (value === null) return filled
  const text = String(value)
  const changed = isNumber ? [Number(value) + 1_000_000] : [`${text.slice(0, -1)}${text.endsWith('x') ? 'y' : 'x'}`, '']
  return isNullable ? [...changed, null] : changed
}

for (const { kind, name } of databases()) {
  test(`whatever column of an event is changed, emptied or filled, \`audit verify\` names its row, on ${name}`, async (t) => {
    const s = await startAudited(t, kind)
    const { audit } = s.service
    const columns = await columnsOf(s)
    const rows = await s.db.selectFrom('event').selectAll().orderBy('sequence').execute()
    const [full, bare] = [rows.length - 3, rows.length - 1]
    const at = (sequence: number) => rows[sequence - 1] as unknown as Record<string, Value>
    assert.deepEqual(columns.map(({ name }) => name).sort(), Object.keys(at(full)).sort())
    assert.ok(Object.values(at(full)).every((value) => value !== null))
    for (const column of columns) {
      for (const sequence of [full, bare]) {
        const row = at(sequence)
        const value = row[column.name] ?? null
        const key = column.name === 'id' ? 'position' : 'id' // what the row is found by, whatever is changed
        const write = (other: Value) =>
          s.db
            .updateTable('event')
            .set({ [column.name]: other })
            .where(key, '=', row[key] as never)
            .execute()
        for (const other of othersThan(value, column)) {
          await write(other)
          const { kind: found, ...told } = (await audit.verify()) as Record<string, unknown>
          const what = `${column.name} of ${sequence}: ${JSON.stringify(value)} is ${JSON.stringify(other)}`
          const fault = column.name === 'sequence' ? 'missing' : 'changed'
          assert.deepEqual([found, told.sequence, told.fault], ['broken', sequence, fault], what)
          await write(value)
        }
      }
    }
    assert.equal((await audit.verify()).kind, 'whole')
  })
}
