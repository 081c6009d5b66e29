/** Opens a fresh, migrated database for the contract of a store. */
import type { TestContext } from 'node:test'
import { parseDatabaseUrl } from '../../src/platform/database-url.ts'
import { type Database, openDatabase } from '../../src/platform/db.ts'
import { type DatabaseKind, migratedDatabase } from '../databases.ts'

/** Far beyond 32 bits. */
export const NOW = Date.UTC(2026, 10, 23, 12)

/** What no database may change: every plane of Unicode, every quoting character. */
export const TEXT = 'Ünï 日本 😀 👩‍👩‍👧‍👦 e\u0301 \' " ` \\ % _ $1 ? :x -- \u0001\u2028\uffff\u{10ffff}'

export async function openFresh(t: TestContext, kind: DatabaseKind): Promise<Database> {
  const { url } = await migratedDatabase(t, kind)
  const database = openDatabase(parseDatabaseUrl(url), 3)
  t.after(() => database.close())
  return database
}
