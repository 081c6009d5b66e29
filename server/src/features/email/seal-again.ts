import type { Database } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { listAllMails, replaceSealed } from './store.ts'
import { contextOf } from './write-mail.ts'

const ROWS_AT_ONCE = 500

/** Seals under the SECRET_KEY in use the mails that wait and were sealed under another one. @returns how many */
export async function sealAgain({ database, sealer }: { database: Database; sealer: Sealer }): Promise<number> {
  let count = 0
  for (let after = ''; ; ) {
    const page = await listAllMails(database.db, after, ROWS_AT_ONCE)
    for (const { id, sealed } of page) {
      // Nobody can read what was sealed under a third key: it is given up in its time.
      if (sealed.startsWith(`${sealer.keyId}.`) || !sealer.canOpen(sealed)) continue
      const to = sealer.seal(sealer.open(sealed, contextOf(id)), contextOf(id))
      if (await database.statement((db) => replaceSealed(db, id, sealed, to))) count++
    }
    const last = page.at(-1)
    if (!last) return count
    after = last.id
  }
}
