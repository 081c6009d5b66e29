import type { Database, Db } from '../../platform/db.ts'
import { mergeHashes } from './store.ts'
import { readHash } from './stored-hash.ts'

export type ImportedHash = { userId: number; hash: string }

/**
 * Takes over hashes as they are, unusable and unknown ones too: the next import may bring better. A hash that differs from
 * an imported one replaces it; one that we wrote since (at a login) stays.
 */
export async function importHashes(
  tx: Db,
  kind: Database['kind'],
  imported: readonly ImportedHash[],
  now: number,
): Promise<void> {
  const hashes = new Map(imported.map(({ userId, hash }) => [userId, hash])) // PostgreSQL: no row twice in a statement
  const rows = [...hashes].map(([userId, hash]) => ({
    user_id: userId,
    hash,
    scheme: schemeName(hash),
    changed_at: now,
  }))
  await mergeHashes(tx, kind, rows)
}

function schemeName(text: string): string {
  const reading = readHash(text)
  return reading.kind === 'usable' ? reading.hash.scheme.name : reading.kind
}
