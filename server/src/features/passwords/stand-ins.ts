/**
 * Stand-ins: what the password of an unknown user is checked against, so that the time tells nothing.
 *
 * One fixed stand-in would not do while imported hashes are there: a check of Django's PBKDF2 takes three times as long
 * as one of ours, so an answer in another time than the stand-in's would prove that the user exists. Therefore each unknown
 * identifier gets a scheme by lot, with the odds of the schemes in the table, and always draws the same: the lot is a
 * keyed hash of it, which nobody outside can compute. Seen from outside, unknown addresses are spread over the times
 * exactly like known ones. As Django hashes are rewritten their share shrinks, and unknown addresses go over to ours one
 * by one, once each, as known users do.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { findScheme, type Scheme } from './scheme.ts'
import { countSchemes } from './store.ts'
import { type PasswordHash, standInHash } from './stored-hash.ts'

export type StandIns = {
  /** The stand-in of an identifier. */
  find(identifierKey: string): Promise<PasswordHash>
}

export type SchemeShare = { scheme: Scheme; users: number }

const REFRESH_MS = 60_000

export function createStandIns(deps: { db: Db; clock: Clock; sealer: Sealer; fallback: Scheme }): StandIns {
  const { db, clock, sealer, fallback } = deps
  let shares: readonly SchemeShare[] | undefined
  let readAt = 0
  let reading: Promise<readonly SchemeShare[]> | undefined

  async function find(identifierKey: string): Promise<PasswordHash> {
    const lot = sealer.mac(`password stand-in: ${identifierKey}`).readUIntBE(0, 6) / 2 ** 48
    return standInHash(drawScheme(await currentShares(), lot) ?? fallback)
  }

  // Only the first check waits. Later ones take what is known; if the refresh fails they go on with it, and the next check
  // tries again: whatever keeps us from counting is met, and told, by the check's own look at the table.
  async function currentShares(): Promise<readonly SchemeShare[]> {
    if (!shares) return refresh()
    if (clock.now() - readAt >= REFRESH_MS) refresh().catch(() => undefined)
    return shares
  }

  function refresh(): Promise<readonly SchemeShare[]> {
    reading ??= readShares().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function readShares(): Promise<readonly SchemeShare[]> {
    shares = sharesOf(await countSchemes(db))
    readAt = clock.now()
    return shares
  }

  return { find }
}

/** The schemes that can be checked, in an order that lasts: Django's first, so that their shrinking moves one border only. */
export function sharesOf(counts: readonly { scheme: string; users: number }[]): SchemeShare[] {
  return counts
    .flatMap(({ scheme: name, users }) => {
      const scheme = findScheme(name)
      return scheme ? [{ scheme, users }] : []
    })
    .sort((a, b) => (orderOf(a.scheme) < orderOf(b.scheme) ? -1 : 1))
}

/** The scheme at `lot` (0 to below 1) when all users stand in a row by scheme; undefined when there are none. */
export function drawScheme(shares: readonly SchemeShare[], lot: number): Scheme | undefined {
  const total = shares.reduce((sum, { users }) => sum + users, 0)
  let passed = 0
  for (const { scheme, users } of shares) {
    passed += users
    if (lot * total < passed) return scheme
  }
  return undefined
}

function orderOf({ origin, name }: Scheme): string {
  return `${origin} ${name}` // django before own
}
