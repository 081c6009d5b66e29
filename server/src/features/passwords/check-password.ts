import type { Database } from '../../platform/db.ts'
import { checkHash } from './check-hash.ts'
import type { HashQueue } from './hash-queue.ts'
import { MAX_PASSWORD_BYTES } from './policy.ts'
import type { Scheme } from './scheme.ts'
import type { StandIns } from './stand-ins.ts'
import { findHash, replaceHash } from './store.ts'
import { type PasswordHash, readHash } from './stored-hash.ts'

export type PasswordAttempt = {
  /** Undefined when the identifier is nobody's. */
  userId: number | undefined
  identifierKey: string
  password: string
}

const NOBODY = -1 // asked for like anybody, so that an unknown user costs the same round trip

/**
 * Whether the password is the user's. An unknown user, and one whose stored hash cannot be checked, is checked against a
 * stand-in: no answer takes another time than a wrong password (OWASP Authentication Cheat Sheet, "Authentication and
 * Error Messages"). A right password whose hash is outdated is hashed anew within the same slot of the queue.
 */
export async function checkPassword(
  deps: { database: Database; queue: HashQueue; standIns: StandIns; scheme: Scheme },
  { userId = NOBODY, identifierKey, password }: PasswordAttempt,
): Promise<boolean> {
  if (password === '' || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false // nobody has such a password
  const standIn = await deps.standIns.find(identifierKey)
  const stored = (await findHash(deps.database.db, userId)) ?? ''
  const hash = usableHash(stored)
  const checked = await deps.queue.run(() => checkHash(hash ?? standIn, password, deps.scheme))
  if (!hash || checked.kind === 'wrong') return false
  const { successor } = checked
  if (successor) await deps.database.statement((db) => replaceHash(db, userId, stored, successor))
  return true
}

function usableHash(stored: string): PasswordHash | undefined {
  const reading = readHash(stored)
  return reading.kind === 'usable' ? reading.hash : undefined
}
