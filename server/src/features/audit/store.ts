/** All SQL of the tables `checkpoint`, `checkpoint_key` and `event_retention`. */
import { MysqlAdapter, sql } from 'kysely'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Db } from '../../platform/db.ts'

export type StoredCheckpoint = { sequence: number; signedAt: number; jws: string }

export async function insertCheckpoint(tx: Db, { sequence, signedAt, jws }: StoredCheckpoint): Promise<void> {
  await tx.insertInto('checkpoint').values({ sequence, signed_at: signedAt, jws }).execute()
}

export async function findLastCheckpoint(db: Db): Promise<StoredCheckpoint | undefined> {
  return (await readCheckpoints(db).orderBy('sequence', 'desc').limit(1).execute()).map(toCheckpoint)[0]
}

/** Checkpoints after a sequence, in order. */
export async function listCheckpoints(db: Db, after: number, most: number): Promise<StoredCheckpoint[]> {
  const page = readCheckpoints(db).where('sequence', '>', after).orderBy('sequence').limit(most)
  return (await page.execute()).map(toCheckpoint)
}

const ROWS_AT_ONCE = 1000

/** All of them, in order. */
export async function* allCheckpoints(db: Db): AsyncGenerator<StoredCheckpoint> {
  let page: StoredCheckpoint[]
  let after = Number.MIN_SAFE_INTEGER
  do {
    page = await listCheckpoints(db, after, ROWS_AT_ONCE)
    yield* page
    after = page.at(-1)?.sequence ?? after
  } while (page.length === ROWS_AT_ONCE)
}

/** Whether there were some, and none is left. A key is kept with the first one that it signs, and retention leaves the last one. */
export async function areCheckpointsRemoved(db: Db): Promise<boolean> {
  const keys = await listKeys(db) // before the other: somebody may be signing the very first one
  return keys.length > 0 && (await findLastCheckpoint(db)) === undefined
}

function readCheckpoints(db: Db) {
  return db.selectFrom('checkpoint').select(['sequence', 'signed_at', 'jws'])
}

function toCheckpoint(row: { sequence: number; signed_at: number; jws: string }): StoredCheckpoint {
  return { sequence: row.sequence, signedAt: row.signed_at, jws: row.jws }
}

export type SealedKey = { id: string; jwkSealed: string }

/** Keeps the key unless it is kept already. */
export async function keepKey(tx: Db, { id, jwkSealed }: SealedKey): Promise<void> {
  const insert = tx.insertInto('checkpoint_key').values({ id, jwk_sealed: jwkSealed })
  const isMysql = tx.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql
    ? insert.onDuplicateKeyUpdate({ id: sql`id` })
    : insert.onConflict((conflict) => conflict.column('id').doNothing())
  ).execute()
}

export async function listKeys(db: Db): Promise<SealedKey[]> {
  const rows = await db.selectFrom('checkpoint_key').select(['id', 'jwk_sealed']).execute()
  return rows.map(({ id, jwk_sealed }) => ({ id, jwkSealed: jwk_sealed }))
}

export async function replaceKey(db: Db, { id, jwkSealed }: SealedKey): Promise<void> {
  await db.updateTable('checkpoint_key').set({ jwk_sealed: jwkSealed }).where('id', '=', id).execute()
}

/** Those below a sequence witness nothing that is still there. */
export async function deleteCheckpointsBefore(tx: Db, sequence: number): Promise<void> {
  await tx.deleteFrom('checkpoint').where('sequence', '<', sequence).execute()
}

/** What retention says that it has removed: all events up to a sequence. */
export type StoredRetention = { sequence: number; jws: string }

const CHAIN = 'chain'

export async function findRetention(db: Db): Promise<StoredRetention | undefined> {
  const row = await db
    .selectFrom('event_retention')
    .select(['sequence', 'jws'])
    .where('name', '=', CHAIN)
    .executeTakeFirst()
  return row
}

/** Compare-and-set: false when another process has moved it, or is the first to say something. */
export async function moveRetention(tx: Db, from: number, to: StoredRetention): Promise<boolean> {
  const { sequence, jws } = to
  const update = tx
    .updateTable('event_retention')
    .set({ sequence, jws })
    .where('name', '=', CHAIN)
    .where('sequence', '=', from)
  return (await update.executeTakeFirst()).numUpdatedRows === 1n
}

/** The row that is moved, where there is none yet: nothing has been removed. */
export async function beginRetention(db: Db): Promise<void> {
  if (await findRetention(db)) return
  const row = { name: CHAIN, sequence: 0, jws: '' }
  await db.insertInto('event_retention').values(row).execute().catch(ignoreTaken)
}

function ignoreTaken(error: unknown): void {
  if (!(error instanceof UniqueViolation)) throw error
}
