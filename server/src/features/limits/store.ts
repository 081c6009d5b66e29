/** All SQL of the tables `rate_bucket` and `spent_challenge`. */
import { MysqlAdapter, SqliteAdapter } from 'kysely'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Db } from '../../platform/db.ts'
import type { RateBucketTable } from '../../platform/tables.ts'
import type { Bucket } from './bucket.ts'
import type { BucketKind } from './rules.ts'

/** What a bucket is of, from the beginning. */
export type BucketName = { id: string; kind: BucketKind; account: string | null }
export type StoredBucket = Bucket & BucketName & { expiresAt: number }

const columns = ['id', 'kind', 'account', 'free_at', 'failures', 'expires_at'] as const

/** Those of these that there are, as they are committed now. */
export async function findBuckets(db: Db, ids: readonly string[]): Promise<Map<string, StoredBucket>> {
  const rows = await db.selectFrom('rate_bucket').select(columns).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, toBucket(row)]))
}

/**
 * All of these, locked until the transaction ends; those that are missing are made, empty. Always in the order of their ids,
 * so that no two attempts wait for each other.
 */
export async function holdBuckets(
  tx: Db,
  wanted: readonly BucketName[],
  now: number,
): Promise<Map<string, StoredBucket>> {
  const ids = wanted.map(({ id }) => id)
  const held = await lockBuckets(tx, ids)
  const missing = wanted.filter(({ id }) => !held.has(id))
  if (missing.length === 0) return held
  await insertMissing(
    tx,
    missing.map(({ id, kind, account }) => {
      return { id, kind, account, free_at: 0, failures: 0, expires_at: now + MADE_FOR_MS }
    }),
  )
  return lockBuckets(tx, ids)
}

const MADE_FOR_MS = 60_000 // until whoever made it writes a later time: long enough not to be purged in between

async function lockBuckets(tx: Db, ids: readonly string[]): Promise<Map<string, StoredBucket>> {
  if (ids.length === 0) return new Map() // nobody can be told apart: there is nothing to know them by
  const query = tx.selectFrom('rate_bucket').select(columns).where('id', 'in', ids).orderBy('id')
  // SQLite has no row locks: our transactions there hold the whole database.
  const canLock = !(tx.getExecutor().adapter instanceof SqliteAdapter)
  const rows = await (canLock ? query.forUpdate() : query).execute()
  return new Map(rows.map((row) => [row.id, toBucket(row)]))
}

// Somebody may make the same ones meanwhile: whoever is second waits for the first, and then takes theirs.
async function insertMissing(tx: Db, rows: readonly RateBucketTable[]): Promise<void> {
  const insert = tx.insertInto('rate_bucket').values([...rows].sort((a, b) => (a.id < b.id ? -1 : 1)))
  const isMysql = tx.getExecutor().adapter instanceof MysqlAdapter
  await (isMysql ? insert.ignore() : insert.onConflict((conflict) => conflict.doNothing())).execute()
}

/** Writes buckets that the transaction holds, in one statement. */
export async function saveBuckets(tx: Db, buckets: readonly StoredBucket[]): Promise<void> {
  if (buckets.length === 0) return
  const ids = buckets.map(({ id }) => id)
  await tx
    .updateTable('rate_bucket')
    .set((eb) => {
      const each = <C extends Exclude<keyof RateBucketTable, 'id' | 'account'>>(
        column: C,
        columnOf: (bucket: StoredBucket) => string | number,
      ) => {
        const [first, ...rest] = buckets as [StoredBucket, ...StoredBucket[]]
        const cases = rest.reduce(
          (built, bucket) => built.when('id', '=', bucket.id).then(columnOf(bucket)),
          eb.case().when('id', '=', first.id).then(columnOf(first)),
        )
        return cases.else(eb.ref(column)).end() as never
      }
      return {
        kind: each('kind', ({ kind }) => kind),
        free_at: each('free_at', ({ freeAt }) => freeAt),
        failures: each('failures', ({ failures }) => failures),
        expires_at: each('expires_at', ({ expiresAt }) => expiresAt),
      }
    })
    .where('id', 'in', ids)
    .execute()
}

/** Nothing is counted against an account any more; what is known stays known. @returns whether something was */
export async function clearBucketsOf(tx: Db, accounts: readonly string[]): Promise<boolean> {
  const result = await tx
    .updateTable('rate_bucket')
    .set({ free_at: 0, failures: 0 })
    .where('account', 'in', accounts)
    .where('free_at', '>', 0)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export async function deleteBucketsOf(tx: Db, accounts: readonly string[]): Promise<void> {
  await tx.deleteFrom('rate_bucket').where('account', 'in', accounts).execute()
}

/** @returns how many rows went */
export async function deleteExpired(db: Db, now: number): Promise<number> {
  const buckets = await db.deleteFrom('rate_bucket').where('expires_at', '<', now).executeTakeFirst()
  const challenges = await db.deleteFrom('spent_challenge').where('expires_at', '<', now).executeTakeFirst()
  return Number(buckets.numDeletedRows + challenges.numDeletedRows)
}

/** Notes that a challenge was spent. False: it was spent before. The unique key decides. */
export async function spendChallenge(db: Db, id: string, expiresAt: number): Promise<boolean> {
  try {
    await db.insertInto('spent_challenge').values({ id, expires_at: expiresAt }).execute()
    return true
  } catch (error) {
    if (error instanceof UniqueViolation) return false
    throw error
  }
}

function toBucket(row: RateBucketTable): StoredBucket {
  return {
    id: row.id,
    kind: row.kind,
    account: row.account,
    freeAt: row.free_at,
    failures: row.failures,
    expiresAt: row.expires_at,
  }
}
