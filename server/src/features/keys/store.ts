import type { Db } from '../../platform/db.ts'
import type { Algorithm } from './algorithm.ts'
import type { KeyFacts, KeyState } from './key-states.ts'

/** A signing key as it is kept: the private half sealed, and gone once the key is retired. */
export type StoredKey = KeyFacts & { publicJwk: string; privateKeySealed: string }

// One next and one current key an algorithm, whoever races: the slot is unique. Others have none.
const slotOf = (state: KeyState, algorithm: Algorithm) =>
  state === 'next' || state === 'current' ? `${state} ${algorithm}` : null

/** Keys that still verify, oldest first. */
export async function listKeys(db: Db): Promise<StoredKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['id', 'algorithm', 'state', 'public_jwk', 'private_key_sealed', 'created_at', 'activated_at', 'retire_at'])
    .where('state', '!=', 'retired')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    algorithm: row.algorithm as Algorithm,
    state: row.state,
    createdAt: row.created_at,
    activatedAt: row.activated_at,
    retireAt: row.retire_at,
    publicJwk: row.public_jwk,
    privateKeySealed: row.private_key_sealed,
  }))
}

/** What changes whenever the ring does: cheap enough to ask twice a second. */
export async function readVersion(db: Db): Promise<string> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['id', 'state'])
    .where('state', '!=', 'retired')
    .orderBy('id')
    .execute()
  return rows.map(({ id, state }) => `${id} ${state}`).join()
}

/** @throws UniqueViolation when the algorithm has a key in this state already */
export async function insertKey(db: Db, key: StoredKey): Promise<void> {
  await db
    .insertInto('signing_key')
    .values({
      id: key.id,
      algorithm: key.algorithm,
      state: key.state,
      slot: slotOf(key.state, key.algorithm),
      public_jwk: key.publicJwk,
      private_key_sealed: key.privateKeySealed,
      created_at: key.createdAt,
      activated_at: key.activatedAt,
      retire_at: key.retireAt,
    })
    .execute()
}

/** The current key signs no more, but verifies until `retireAt`. Compare-and-set. */
export async function demoteKey(tx: Db, id: string, retireAt: number): Promise<boolean> {
  const result = await tx
    .updateTable('signing_key')
    .set({ state: 'previous', slot: null, retire_at: retireAt })
    .where('id', '=', id)
    .where('state', '=', 'current')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The next key begins to sign. Compare-and-set. @throws UniqueViolation when there is a current one still */
export async function promoteKey(tx: Db, id: string, algorithm: Algorithm, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('signing_key')
    .set({ state: 'current', slot: slotOf('current', algorithm), activated_at: now })
    .where('id', '=', id)
    .where('state', '=', 'next')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The key is worth nothing any more; its private half goes. Compare-and-set. */
export async function retireKey(tx: Db, id: string): Promise<boolean> {
  const result = await tx
    .updateTable('signing_key')
    .set({ state: 'retired', slot: null, private_key_sealed: '' })
    .where('id', '=', id)
    .where('state', '!=', 'retired')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Seals a private key anew. Compare-and-set on the old seal. */
export async function replaceSealed(tx: Db, id: string, from: string, to: string): Promise<boolean> {
  const result = await tx
    .updateTable('signing_key')
    .set({ private_key_sealed: to })
    .where('id', '=', id)
    .where('private_key_sealed', '=', from)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
