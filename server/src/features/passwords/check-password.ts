import type { Database } from '../../platform/db.ts'
import { checkHash } from './check-hash.ts'
import type { HashQueue } from './hash-queue.ts'
import { isPossible } from './policy.ts'
import type { Scheme } from './scheme.ts'
import type { StandIns } from './stand-ins.ts'
import { findHash, replaceHash } from './store.ts'
import { usableHash } from './stored-hash.ts'

export type PasswordAttempt = {
  /** Undefined when the identifier is nobody's. */
  userId: number | undefined
  identifierKey: string
  password: string
  /** Leaves an outdated hash as it is: for whoever has not proved yet what is asked for beside the password. */
  keepsHash?: boolean
}

const NOBODY = -1 // asked for like anybody, so that an unknown user costs the same round trip

/**
 * Whether the password is the user's. An unknown user, and one whose stored hash cannot be checked, is checked against a
 * stand-in: no answer takes another time than a wrong password (OWASP Authentication Cheat Sheet, "Authentication and
 * Error Messages"). A right password whose hash is outdated is hashed anew within the same slot of the queue.
 */
export async function checkPassword(
  deps: { database: Database; queue: HashQueue; standIns: StandIns; scheme: Scheme },
  { userId = NOBODY, identifierKey, password, keepsHash = false }: PasswordAttempt,
): Promise<boolean> {
  if (!isPossible(password)) return false // before anything is asked: the time depends on the request alone
  const standIn = await deps.standIns.find(identifierKey)
  const stored = (await findHash(deps.database.db, userId)) ?? ''
  const hash = usableHash(stored)
  const tried = hash ?? standIn
  const checked = await deps.queue.run(() => checkHash(tried, password, keepsHash ? tried.scheme : deps.scheme))
  if (!hash || checked.kind === 'wrong') return false
  const { successor } = checked
  if (successor) await deps.database.statement((db) => replaceHash(db, userId, stored, successor))
  return true
}
