import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sql } from 'kysely'
import { type Db, openDatabase } from './db.ts'
import { prepared } from './prepared.ts'

type Pair = { one: number; other: string | null }

test('a prepared statement', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-prepared-'))
  const database = openDatabase({ kind: 'sqlite', file: join(folder, 'test.db') }, 1)
  t.after(async () => {
    await database.close()
    rmSync(folder, { recursive: true })
  })
  let built = 0
  const echo = prepared((db, { one, other }: Pair) => {
    built++
    return db.selectNoFrom([sql<number>`${one} + 1`.as('one'), sql<string | null>`${other}`.as('other')])
  })

  const rowOf = async (db: Db, values: Pair) => ({ ...(await echo(db, values)).rows[0] })

  await t.test('is built once and filled in each time, within transactions too', async () => {
    assert.deepEqual(await rowOf(database.db, { one: 1, other: 'x' }), { one: 2, other: 'x' })
    assert.deepEqual(await rowOf(database.db, { one: 5, other: null }), { one: 6, other: null })
    const inside = await database.transaction((tx) => rowOf(tx, { one: 7, other: "'; drop table user; --" }))
    assert.deepEqual(inside, { one: 8, other: "'; drop table user; --" })
    assert.equal(built, 1)
  })

  await t.test('refuses to leave out a value or to take part of one', async () => {
    const changed = prepared((db, { one }: { one: number }) => db.selectNoFrom([sql`${`${one}`}`.as('one')]))
    await assert.rejects(async () => changed(database.db, { one: 1 }), /not a parameter of the prepared statement: one/)
  })
})
