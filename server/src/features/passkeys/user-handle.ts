import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database } from '../../platform/db.ts'
import { randomSecret } from '../../platform/random.ts'
import * as store from './store.ts'

const HANDLE_BYTES = 64 // WebAuthn §14.6.1 recommends 64 random bytes, and nothing about the person

/** What authenticators know a user by, made when it is first needed. */
export async function handleOf(database: Database, userId: number): Promise<string> {
  const known = await store.findHandle(database.db, userId)
  if (known !== undefined) return known
  const handle = randomSecret(HANDLE_BYTES).toString('base64url')
  try {
    await database.statement((db) => store.insertHandle(db, userId, handle))
    return handle
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error
    return (await store.findHandle(database.db, userId)) ?? handleOf(database, userId) // somebody was first
  }
}
