/** The sealed successors in the table `session`: what a repeat within the grace window is answered with. */
import type { Db } from '../../platform/db.ts'

export type SealedSuccessor = { sessionId: string; sealed: string; rotatedAt: number }

/** Those that there are, from the lowest session id above `after` on. */
export async function listSuccessors(db: Db, after: string, most: number): Promise<SealedSuccessor[]> {
  const rows = await db
    .selectFrom('session')
    .select(['id', 'successor_sealed', 'rotated_at'])
    .where('id', '>', after)
    .where('successor_sealed', 'is not', null)
    .orderBy('id')
    .limit(most)
    .execute()
  return rows.map((row) => ({
    sessionId: row.id,
    sealed: String(row.successor_sealed),
    rotatedAt: row.rotated_at ?? 0,
  }))
}

/** Seals one anew. Compare-and-set on the old seal: a session that was rotated meanwhile has another successor. */
export async function replaceSuccessor(
  db: Db,
  { sessionId, sealed }: Pick<SealedSuccessor, 'sessionId' | 'sealed'>,
  to: string,
): Promise<void> {
  await db
    .updateTable('session')
    .set({ successor_sealed: to })
    .where('id', '=', sessionId)
    .where('successor_sealed', '=', sealed)
    .execute()
}

/** Takes those of these sessions away that were not rotated since `before`. */
export async function dropSuccessors(db: Db, ids: readonly string[], before: number): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('session')
    .set({ successor_sealed: null })
    .where('id', 'in', ids)
    .where('rotated_at', '<', before)
    .execute()
}
