import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Events } from '../events/events.ts'
import type { CodeAttempt } from './check-totp.ts'
import { CODES_OF_A_SET, hashRecoveryCode, makeRecoveryCode, makeSetKey, readRecoveryCode } from './recovery-code.ts'
import * as store from './store.ts'

export type RecoveryDeps = { database: Database; clock: Clock; sealer: Sealer; events: Events }

/** `left`: how many codes the user has now. */
export type RecoveryCheck = { kind: 'right'; left: number } | { kind: 'wrong' }

export const setContextOf = ({ userId, id }: store.TotpKey) => `recovery_code_set:${userId}:${id}`

/**
 * Makes ten codes, in a transaction that holds the user's row; those before are void. They are shown once: what is kept
 * does not tell them.
 */
export async function makeRecoveryCodes(
  { clock, sealer }: Pick<RecoveryDeps, 'clock' | 'sealer'>,
  tx: Db,
  userId: number,
): Promise<string[]> {
  const id = randomId()
  const setKey = makeSetKey()
  const codes = Array.from({ length: CODES_OF_A_SET }, makeRecoveryCode)
  const hashes = codes.map((code) => hashRecoveryCode(setKey, readRecoveryCode(code) ?? ''))
  await store.deleteCodeSet(tx, userId)
  const keySealed = sealer.seal(setKey, setContextOf({ userId, id }))
  await store.insertCodeSet(tx, { id, userId, keySealed, madeAt: clock.now() }, hashes)
  return codes
}

/**
 * Uses a code up if it is one of the user's: whoever changes its row has used it (CVE-2026-33624). A wrong one disables
 * nothing: of 80 random bits none is guessed, and the codes are how a user whose app was disabled comes back.
 */
export async function spendRecoveryCode(
  { database, clock, sealer, events }: RecoveryDeps,
  { userId, code, origin }: CodeAttempt,
): Promise<RecoveryCheck> {
  const typed = readRecoveryCode(code)
  const set = typed === undefined ? undefined : await store.findCodeSet(database.db, userId)
  if (typed === undefined || !set) return { kind: 'wrong' }
  const hash = hashRecoveryCode(sealer.open(set.keySealed, setContextOf(set)), typed)
  return database.transaction(async (tx): Promise<RecoveryCheck> => {
    if (!(await store.spendCode(tx, set.id, hash, clock.now()))) return { kind: 'wrong' }
    const left = await store.countUnusedCodes(tx, userId)
    const actor = { kind: 'user', id: userId } as const
    await events.append(tx, { type: 'recovery-code.used', userId, actor, origin, data: { left } })
    return { kind: 'right', left }
  })
}
