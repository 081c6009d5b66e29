import type { Database, Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { contextOf } from './enrol-totp.ts'
import { setContextOf } from './recovery-codes.ts'
import * as store from './store.ts'

const ROWS_AT_ONCE = 500

/** A table that has one sealed secret a user. */
type Place = {
  list(db: Db, afterUserId: number, limit: number): Promise<store.Sealed[]>
  replace(db: Db, sealed: store.Sealed): Promise<void>
  contextOf(key: store.TotpKey): string
}

const places: readonly Place[] = [
  { list: store.listSealedSecrets, replace: store.replaceSealedSecret, contextOf },
  { list: store.listSealedEnrolments, replace: store.replaceSealedEnrolment, contextOf },
  { list: store.listSealedSetKeys, replace: store.replaceSealedSetKey, contextOf: setContextOf },
]

/** Seals under the SECRET_KEY in use what was sealed under another one. @returns how many */
export async function sealAgain({ database, sealer }: { database: Database; sealer: Sealer }): Promise<number> {
  let count = 0
  for (const place of places) {
    for await (const stored of listAll(database.db, place)) {
      if (stored.sealed.startsWith(`${sealer.keyId}.`)) continue
      const context = place.contextOf(stored)
      const sealed = sealer.seal(sealer.open(stored.sealed, context), context)
      await database.statement((db) => place.replace(db, { ...stored, sealed }))
      count++
    }
  }
  return count
}

async function* listAll(db: Db, { list }: Place): AsyncGenerator<store.Sealed> {
  let page: store.Sealed[]
  let last = 0
  do {
    page = await list(db, last, ROWS_AT_ONCE)
    yield* page
    last = page.at(-1)?.userId ?? last
  } while (page.length === ROWS_AT_ONCE)
}
