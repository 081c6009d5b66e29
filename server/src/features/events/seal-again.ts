import type { Database } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { contextOf } from './person-keys.ts'
import { listKeysAfter, replacePersonKey } from './store.ts'

const ROWS_AT_ONCE = 500
const BELOW_ALL = -1

/** Seals under the SECRET_KEY in use the persons' keys that were sealed under another one. @returns how many */
export async function sealAgain({ database, sealer }: { database: Database; sealer: Sealer }): Promise<number> {
  let count = 0
  let last = BELOW_ALL
  for (;;) {
    const page = await listKeysAfter(database.db, last, ROWS_AT_ONCE)
    for (const { userId, keySealed } of page) {
      if (keySealed.startsWith(`${sealer.keyId}.`)) continue
      const sealed = sealer.seal(sealer.open(keySealed, contextOf(userId)), contextOf(userId))
      if (await database.statement((db) => replacePersonKey(db, userId, keySealed, sealed))) count++
    }
    const end = page.at(-1)
    if (!end) return count
    last = end.userId
  }
}
