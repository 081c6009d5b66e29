/** All SQL of the tables `passkey`, `user_handle` and `webauthn_challenge`. */
import type { Selectable } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { sha256 } from '../../platform/secrets.ts'
import type { PasskeyTable } from '../../platform/tables.ts'
import type { Passkey } from './passkey.ts'

const columns = [
  'id',
  'user_id',
  'credential_id',
  'public_key',
  'rp_id',
  'signature_count',
  'is_backup_eligible',
  'is_backed_up',
  'transports',
  'aaguid',
  'name',
  'created_at',
  'last_used_at',
] as const

/** @throws UniqueViolation when there is a passkey with this credential id, whoever has it */
export async function insertPasskey(tx: Db, passkey: Passkey): Promise<void> {
  await tx
    .insertInto('passkey')
    .values({
      id: passkey.id,
      user_id: passkey.userId,
      credential_id: passkey.credentialId,
      credential_hash: sha256(passkey.credentialId),
      public_key: passkey.publicKey,
      rp_id: passkey.rpId,
      signature_count: passkey.signatureCount,
      is_backup_eligible: passkey.isBackupEligible ? 1 : 0,
      is_backed_up: passkey.isBackedUp ? 1 : 0,
      transports: passkey.transports.join(','),
      aaguid: passkey.aaguid,
      name: passkey.name,
      created_at: passkey.createdAt,
      last_used_at: passkey.lastUsedAt,
    })
    .execute()
}

export async function findPasskey(db: Db, credentialId: string): Promise<Passkey | undefined> {
  const row = await db
    .selectFrom('passkey')
    .select(columns)
    .where('credential_hash', '=', sha256(credentialId))
    .executeTakeFirst()
  return row && toPasskey(row)
}

/** The passkeys of a user, the oldest first. */
export async function listPasskeys(db: Db, userId: number): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('passkey')
    .select(columns)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toPasskey)
}

function toPasskey(row: Pick<Selectable<PasskeyTable>, (typeof columns)[number]>): Passkey {
  return {
    id: row.id,
    userId: row.user_id,
    credentialId: row.credential_id,
    publicKey: row.public_key,
    rpId: row.rp_id,
    signatureCount: row.signature_count,
    isBackupEligible: row.is_backup_eligible === 1,
    isBackedUp: row.is_backed_up === 1,
    transports: row.transports === '' ? [] : row.transports.split(','),
    aaguid: row.aaguid,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}

export type Use = Pick<Passkey, 'id' | 'signatureCount' | 'isBackedUp'>

/**
 * Notes that a passkey was used, if its counter went up, or never counted: compare-and-set, true for one. False: the
 * counter is not above the stored one, or the passkey was removed.
 */
export async function notePasskeyUsed(db: Db, { id, signatureCount, isBackedUp }: Use, now: number): Promise<boolean> {
  const result = await db
    .updateTable('passkey')
    .set({ signature_count: signatureCount, is_backed_up: isBackedUp ? 1 : 0, last_used_at: now })
    .where('id', '=', id)
    .where('signature_count', signatureCount === 0 ? '=' : '<', signatureCount)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** False: this user has no such passkey. */
export async function renamePasskey(db: Db, userId: number, id: string, name: string): Promise<boolean> {
  const result = await db
    .updateTable('passkey')
    .set({ name })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** False: this user has no such passkey. */
export async function deletePasskey(tx: Db, userId: number, id: string): Promise<boolean> {
  const result = await tx.deleteFrom('passkey').where('id', '=', id).where('user_id', '=', userId).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Passkeys, handle and challenges of a user. */
export async function deleteAllOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('passkey').where('user_id', '=', userId).execute()
  await tx.deleteFrom('user_handle').where('user_id', '=', userId).execute()
  await tx.deleteFrom('webauthn_challenge').where('user_id', '=', userId).execute()
}

export async function findHandle(db: Db, userId: number): Promise<string | undefined> {
  const row = await db.selectFrom('user_handle').select('handle').where('user_id', '=', userId).executeTakeFirst()
  return row?.handle
}

/** @throws UniqueViolation when the user has one */
export async function insertHandle(db: Db, userId: number, handle: string): Promise<void> {
  await db.insertInto('user_handle').values({ user_id: userId, handle }).execute()
}

/** A challenge and what it is for: undefined stands for nothing, never for anything. */
export type ChallengeKey = {
  hash: string
  purpose: string
  userId: number | undefined
  boundTo: string | undefined
}

export async function insertChallenge(db: Db, challenge: ChallengeKey & { expiresAt: number }): Promise<void> {
  const { hash, purpose, userId = null, boundTo = null, expiresAt } = challenge
  await db
    .insertInto('webauthn_challenge')
    .values({
      challenge_hash: hash,
      purpose,
      user_id: userId,
      bound_to: boundTo,
      expires_at: expiresAt,
      spent_at: null,
    })
    .execute()
}

/** Uses a challenge up that was issued for exactly this: compare-and-set, true for one. */
export async function spendChallenge(
  db: Db,
  { hash, purpose, userId, boundTo }: ChallengeKey,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable('webauthn_challenge')
    .set({ spent_at: now })
    .where('challenge_hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('user_id', userId === undefined ? 'is' : '=', userId ?? null)
    .where('bound_to', boundTo === undefined ? 'is' : '=', boundTo ?? null)
    .where('expires_at', '>', now)
    .where('spent_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns how many rows */
export async function deleteExpiredChallenges(db: Db, before: number): Promise<number> {
  const result = await db.deleteFrom('webauthn_challenge').where('expires_at', '<', before).executeTakeFirst()
  return Number(result.numDeletedRows)
}
