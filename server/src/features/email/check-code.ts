import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { CODE_TRIES, counterOf, hashToken, isHashOfCode, isToken, readCode, slotOf } from './code.ts'
import type { Purpose } from './purpose.ts'
import { countTry, type EmailCode, findCode, noteRefusal, useCode } from './store.ts'

/**
 * What became of a code or a link. `proved`: whoever showed it reads the mails to this address; it is used up. `wrong`: there
 * is no such one, or a newer one took its place. `used`, `expired`, `too-many-tries`: it is the right one, which was good once and
 * never will be again. Whoever shows another one learns none of that: it would tell that somebody has had a code there.
 * `sentAt`: milliseconds since the epoch.
 */
export type CheckOutcome =
  | { kind: 'proved'; userId: number | null; address: string; state: string; sentAt: number }
  | { kind: 'wrong' | 'expired' | 'used' | 'too-many-tries' }

export type CheckDeps = { clock: Clock; sealer: Sealer }

/** No code is hashed for this row. */
const NOBODY = '0'.repeat(32)
const NO_HASH = '0'.repeat(64)

/**
 * Tries a code. The try is counted before the code is looked at, so that a hundred at once are five. The outcome must be
 * returned and not thrown, or the try is not counted.
 *
 * A refusal writes, whatever there was to count: a commit that has something to make durable takes three times as long as one
 * that has not, and would tell that somebody waits for a code there.
 */
export async function checkCode(
  deps: CheckDeps,
  tx: Db,
  { purpose, address, code }: { purpose: Purpose; address: string; code: string },
): Promise<CheckOutcome> {
  const slot = slotOf(purpose, address)
  const outcome = await judge(deps, tx, slot, code)
  if (outcome.kind !== 'proved') await noteRefusal(tx, counterOf(slot))
  return outcome
}

async function judge({ clock, sealer }: CheckDeps, tx: Db, slot: string, code: string): Promise<CheckOutcome> {
  const now = clock.now()
  const isCounted = await countTry(tx, slot, CODE_TRIES, now)
  const row = await findCode(tx, 'slot', slot)
  // The same work whether there is a row or not.
  const isRight = isHashOfCode(sealer, row?.codeHash ?? NO_HASH, row?.id ?? NOBODY, readCode(code))
  if (!row || row.codeHash === null || !isRight) return { kind: 'wrong' }
  return isCounted ? useUp(tx, row, now) : { kind: whyNot(row, now) }
}

/** Tries the token of a link. Nobody guesses 256 bits: tries are not counted, and those of the code do not spoil the link. */
export async function checkToken(
  { clock }: CheckDeps,
  tx: Db,
  { purpose, token }: { purpose: Purpose; token: string },
): Promise<CheckOutcome> {
  const row = isToken(token) ? await findCode(tx, 'token_hash', hashToken(token)) : undefined
  if (!row || row.purpose !== purpose) return { kind: 'wrong' }
  return useUp(tx, row, clock.now())
}

/** Whom a token was sent to, and for whom, without using it up. */
export async function peek(
  db: Db,
  { purpose, token }: { purpose: Purpose; token: string },
): Promise<Pick<EmailCode, 'address' | 'userId'> | undefined> {
  const row = isToken(token) ? await findCode(db, 'token_hash', hashToken(token)) : undefined
  return row?.purpose === purpose ? { address: row.address, userId: row.userId } : undefined
}

// Of many who show the same one at once the row's update lets one through: CVE-2026-37982, CVE-2026-33624.
async function useUp(tx: Db, row: EmailCode, now: number): Promise<CheckOutcome> {
  const { userId, address, state, createdAt: sentAt } = row
  if (await useCode(tx, row, now)) return { kind: 'proved', userId, address, state, sentAt }
  return { kind: row.expiresAt <= now && row.usedAt === null ? 'expired' : 'used' }
}

function whyNot({ usedAt, expiresAt }: EmailCode, now: number): 'used' | 'expired' | 'too-many-tries' {
  if (usedAt !== null) return 'used'
  return expiresAt <= now ? 'expired' : 'too-many-tries'
}
