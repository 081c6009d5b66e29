import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { randomSecret } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { insertPersonKey, listPersonKeys, type StoredPersonKey } from './store.ts'

/** Under whose key goes what is about nobody who is known here: nobody is erased with it. */
export const NOBODY = 0

const KEY_BYTES = 32 // AES-256

/** Keys of persons by user id. Whoever is not in it has been erased, or never had one. */
export type PersonKeys = ReadonlyMap<number, Buffer>

type KeyDeps = { sealer: Sealer; logger: Logger }

/**
 * The keys of these persons, in the caller's transaction; each gets one with the first event. Whoever was erased has none and
 * gets none. They are not kept in memory: what another process erased would still be sealed and opened here.
 */
export async function getPersonKeys(
  deps: KeyDeps,
  tx: Db,
  userIds: readonly number[],
  now: number,
): Promise<PersonKeys> {
  const wanted = [...new Set(userIds)].sort((one, other) => one - other) // in one order, so that two do not wait in a circle
  const stored = await listPersonKeys(tx, wanted)
  const missing = wanted.filter((userId) => !stored.some((key) => key.userId === userId))
  for (const userId of missing) {
    const keySealed = deps.sealer.seal(randomSecret(KEY_BYTES), contextOf(userId))
    await insertPersonKey(tx, { userId, keySealed }, now) // not where somebody else was first
  }
  const made = missing.length === 0 ? [] : await listPersonKeys(tx, missing)
  return openKeys(deps, [...stored, ...made])
}

/** The keys of these persons, as far as they have one. */
export async function findPersonKeys(deps: KeyDeps, db: Db, userIds: readonly number[]): Promise<PersonKeys> {
  return openKeys(deps, await listPersonKeys(db, [...new Set(userIds)]))
}

/** What the key of a person is sealed for. */
export function contextOf(userId: number): string {
  return `person_key:${userId}`
}

function openKeys({ sealer, logger }: KeyDeps, stored: readonly StoredPersonKey[]): PersonKeys {
  const keys = new Map<number, Buffer>()
  for (const { userId, keySealed } of stored) {
    if (keySealed === null) continue
    // Nobody is kept from signing in by it: what is personal in their events is left out.
    if (sealer.canOpen(keySealed)) keys.set(userId, sealer.open(keySealed, contextOf(userId)))
    else logger.error({ userId }, 'the key of a person was sealed under another SECRET_KEY')
  }
  return keys
}
