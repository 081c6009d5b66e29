/** All SQL of the tables `totp`, `totp_enrolment`, `recovery_code_set` and `recovery_code`. */
import type { Db } from '../../platform/db.ts'

export type StoredTotp = {
  id: string
  userId: number
  secretSealed: string
  enrolledAt: number
  lastStep: number
  lastUsedAt: number | null
  disabledAt: number | null
}

/** One enrolled secret: an id for another one that took its place finds nothing. */
export type TotpKey = Pick<StoredTotp, 'userId' | 'id'>

export type NewTotp = Pick<StoredTotp, 'id' | 'userId' | 'secretSealed' | 'enrolledAt' | 'lastStep'>

export async function findTotp(db: Db, userId: number): Promise<StoredTotp | undefined> {
  const row = await db
    .selectFrom('totp')
    .select(['id', 'user_id', 'secret_sealed', 'enrolled_at', 'last_step', 'last_used_at', 'disabled_at'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return (
    row && {
      id: row.id,
      userId: row.user_id,
      secretSealed: row.secret_sealed,
      enrolledAt: row.enrolled_at,
      lastStep: row.last_step,
      lastUsedAt: row.last_used_at,
      disabledAt: row.disabled_at,
    }
  )
}

/** @throws UniqueViolation when the user has one */
export async function insertTotp(tx: Db, { id, userId, secretSealed, enrolledAt, lastStep }: NewTotp): Promise<void> {
  await tx
    .insertInto('totp')
    .values({
      id,
      user_id: userId,
      secret_sealed: secretSealed,
      enrolled_at: enrolledAt,
      last_step: lastStep,
      last_used_at: null,
      failures: 0,
      disabled_at: null,
    })
    .execute()
}

/** Whether the user had one. */
export async function deleteTotp(tx: Db, userId: number): Promise<boolean> {
  const result = await tx.deleteFrom('totp').where('user_id', '=', userId).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Counts one more try while fewer than `most` have failed in a row; false: there is none left. */
export async function payTry(db: Db, { userId, id }: TotpKey, most: number): Promise<boolean> {
  const result = await db
    .updateTable('totp')
    .set((eb) => ({ failures: eb('failures', '+', 1) }))
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('failures', '<', most)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Takes the code of a step later than all before it, and forgets the failures: compare-and-set, true for one. */
export async function takeStep(db: Db, { userId, id }: TotpKey, step: number, now: number): Promise<boolean> {
  const result = await db
    .updateTable('totp')
    .set({ last_step: step, last_used_at: now, failures: 0 })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('last_step', '<', step)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Disables what has failed `most` times in a row; true for the one that did it. */
export async function disableFailing(tx: Db, { userId, id }: TotpKey, most: number, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('totp')
    .set({ disabled_at: now })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('failures', '>=', most)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export type Enrolment = {
  id: string
  userId: number
  sessionId: string | undefined
  secretSealed: string
  expiresAt: number
}

/** @throws UniqueViolation when the user has one */
export async function insertEnrolment(tx: Db, enrolment: Enrolment): Promise<void> {
  const { id, userId, sessionId = null, secretSealed, expiresAt } = enrolment
  await tx
    .insertInto('totp_enrolment')
    .values({ id, user_id: userId, session_id: sessionId, secret_sealed: secretSealed, expires_at: expiresAt })
    .execute()
}

/** The enrolment that this session of the user began and that has not expired. */
export async function findEnrolment(
  db: Db,
  userId: number,
  sessionId: string | undefined,
  now: number,
): Promise<{ id: string; secretSealed: string } | undefined> {
  const row = await db
    .selectFrom('totp_enrolment')
    .select(['id', 'secret_sealed'])
    .where('user_id', '=', userId)
    .where('session_id', sessionId === undefined ? 'is' : '=', sessionId ?? null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row && { id: row.id, secretSealed: row.secret_sealed }
}

/** Takes an enrolment away; true for the one that did. */
export async function deleteEnrolment(tx: Db, userId: number, id: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('totp_enrolment')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}

export async function deleteEnrolmentsOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('totp_enrolment').where('user_id', '=', userId).execute()
}

/** @returns how many rows */
export async function deleteExpiredEnrolments(db: Db, before: number): Promise<number> {
  const result = await db.deleteFrom('totp_enrolment').where('expires_at', '<', before).executeTakeFirst()
  return Number(result.numDeletedRows)
}

export type CodeSet = { id: string; userId: number; keySealed: string; madeAt: number }

export async function findCodeSet(db: Db, userId: number): Promise<CodeSet | undefined> {
  const row = await db
    .selectFrom('recovery_code_set')
    .select(['id', 'user_id', 'key_sealed', 'made_at'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row && { id: row.id, userId: row.user_id, keySealed: row.key_sealed, madeAt: row.made_at }
}

/** @throws UniqueViolation when the user has a set */
export async function insertCodeSet(tx: Db, set: CodeSet, codeHashes: readonly string[]): Promise<void> {
  const { id, userId, keySealed, madeAt } = set
  await tx
    .insertInto('recovery_code_set')
    .values({ id, user_id: userId, key_sealed: keySealed, made_at: madeAt })
    .execute()
  const rows = codeHashes.map((hash) => ({ set_id: id, code_hash: hash, used_at: null }))
  await tx.insertInto('recovery_code').values(rows).execute()
}

/** Whether the user had a set. */
export async function deleteCodeSet(tx: Db, userId: number): Promise<boolean> {
  // Two statements: MariaDB 10.11 looks at every code there is when it deletes by a subquery.
  const set = await tx.selectFrom('recovery_code_set').select('id').where('user_id', '=', userId).executeTakeFirst()
  if (!set) return false
  await tx.deleteFrom('recovery_code').where('set_id', '=', set.id).execute()
  const result = await tx.deleteFrom('recovery_code_set').where('user_id', '=', userId).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Uses a code up: compare-and-set, true for one. */
export async function spendCode(tx: Db, setId: string, codeHash: string, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('recovery_code')
    .set({ used_at: now })
    .where('set_id', '=', setId)
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** How many codes of the user's set have not been used. */
export async function countUnusedCodes(db: Db, userId: number): Promise<number> {
  const row = await db
    .selectFrom('recovery_code')
    .innerJoin('recovery_code_set', 'recovery_code_set.id', 'recovery_code.set_id')
    .select((eb) => eb.fn.countAll().as('codes'))
    .where('recovery_code_set.user_id', '=', userId)
    .where('recovery_code.used_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(row.codes)
}

/** A secret as it is stored, of either table that has one a user. */
export type Sealed = TotpKey & { sealed: string }

/** The sealed secrets of users above `afterUserId`, by user. */
export async function listSealedSecrets(db: Db, afterUserId: number, limit: number): Promise<Sealed[]> {
  const rows = await db
    .selectFrom('totp')
    .select(['user_id', 'id', 'secret_sealed'])
    .where('user_id', '>', afterUserId)
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ userId: row.user_id, id: row.id, sealed: row.secret_sealed }))
}

/** The same of enrolments that wait for their code. */
export async function listSealedEnrolments(db: Db, afterUserId: number, limit: number): Promise<Sealed[]> {
  const rows = await db
    .selectFrom('totp_enrolment')
    .select(['user_id', 'id', 'secret_sealed'])
    .where('user_id', '>', afterUserId)
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ userId: row.user_id, id: row.id, sealed: row.secret_sealed }))
}

/** The sealed keys of sets of recovery codes, of users above `afterUserId`, by user. */
export async function listSealedSetKeys(db: Db, afterUserId: number, limit: number): Promise<Sealed[]> {
  const rows = await db
    .selectFrom('recovery_code_set')
    .select(['user_id', 'id', 'key_sealed'])
    .where('user_id', '>', afterUserId)
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ userId: row.user_id, id: row.id, sealed: row.key_sealed }))
}

/** The same secret, sealed anew; nothing when another one has taken its place. */
export async function replaceSealedSecret(db: Db, { userId, id, sealed }: Sealed): Promise<void> {
  await db
    .updateTable('totp')
    .set({ secret_sealed: sealed })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .execute()
}

/** As above, of an enrolment. */
export async function replaceSealedEnrolment(db: Db, { userId, id, sealed }: Sealed): Promise<void> {
  await db
    .updateTable('totp_enrolment')
    .set({ secret_sealed: sealed })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .execute()
}

/** As above, of a set of recovery codes. */
export async function replaceSealedSetKey(db: Db, { userId, id, sealed }: Sealed): Promise<void> {
  await db
    .updateTable('recovery_code_set')
    .set({ key_sealed: sealed })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .execute()
}
