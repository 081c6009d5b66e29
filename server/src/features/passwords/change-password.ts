import type { Database, Db } from '../../platform/db.ts'
import { checkHash } from './check-hash.ts'
import type { HashQueue } from './hash-queue.ts'
import type { PreparedPassword } from './own-hash.ts'
import { type AboutUser, isPossible } from './policy.ts'
import { changeHash, findHash } from './store.ts'
import { usableHash } from './stored-hash.ts'

export type PasswordChange = {
  userId: number
  oldPassword: string
  newPassword: string
  about: AboutUser
}

/** A change that may be made as long as the proved password is still the user's. */
export type PreparedChange = {
  readonly userId: number
  readonly provedHash: string
  readonly successor: PreparedPassword
}

export type ChangePlan =
  /** The user has another password, or none. */
  | { kind: 'wrong-password' }
  /** The policy refuses the new one. */
  | { kind: 'refused'; reasons: readonly string[] }
  | { kind: 'ready'; change: PreparedChange }

type Deps = {
  database: Database
  queue: HashQueue
  judge(password: string, about: AboutUser): Promise<readonly string[]>
  prepare(password: string): Promise<PreparedPassword>
}

/** Proves the old password, judges and hashes the new one: all that takes time, outside of any transaction. */
export async function prepareChange(deps: Deps, request: PasswordChange): Promise<ChangePlan> {
  const { userId, oldPassword, newPassword, about } = request
  const stored = await findHash(deps.database.db, userId)
  const hash = stored === undefined ? undefined : usableHash(stored)
  if (stored === undefined || !hash || !isPossible(oldPassword)) return { kind: 'wrong-password' }
  // Checked as it is: a hash of another scheme need not be made anew for the moment that it has left.
  const checked = await deps.queue.run(() => checkHash(hash, oldPassword, hash.scheme))
  if (checked.kind === 'wrong') return { kind: 'wrong-password' }
  const reasons = await deps.judge(newPassword, about)
  if (reasons.length > 0) return { kind: 'refused', reasons }
  return { kind: 'ready', change: { userId, provedHash: stored, successor: await deps.prepare(newPassword) } }
}

/** Compare-and-set: of several changes that proved the same password one is made. */
export function changePassword(tx: Db, change: PreparedChange, now: number): Promise<boolean> {
  return changeHash(tx, change.userId, change.provedHash, change.successor, now)
}
