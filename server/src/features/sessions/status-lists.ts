import { createHash } from 'node:crypto'
import { STATUS_LIST_TTL_SECONDS, STATUS_LIST_TYPE, type StatusListClaims } from '../../../../contract/status-list.ts'
import { type Clock, secondsOf } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Keys } from '../keys/keys.ts'
import type { Revocations } from './revocations.ts'
import { encodeStatusList, placeOf, STATUS_INDEXES_A_ROW } from './status-list.ts'
import { findLastStatusRow } from './store.ts'

/** A signed list, and a tag that changes with it. */
export type StatusList = { jws: string; etag: string }

export type StatusLists = {
  /** Undefined: no session has a bit of this list, nor will soon. @throws Refusal 'database-unavailable' when nobody can say */
  find(list: number): Promise<StatusList | undefined>
}

type Deps = { db: Db; clock: Clock; keys: Keys; revocations: Revocations; issuer: string }

type Made = StatusList & { madeAt: number; news: number; ringNumber: number }

const EXPIRES_SECONDS = 300 // a verifier that cannot reach us for longer does not know any more
const RENEWED_MS = 30_000 // far below that, and so seldom that a list costs nothing where nothing happens
const SETTLE_MS = 250 // ends that come together are told together, well within a second
const LOOK_MS = 1000

/** The address of a list: `uri` in tokens, `sub` in the list. */
export function statusListUri(issuer: string, list: number): string {
  return `${issuer}/api/status-lists/${list}`
}

/**
 * The lists as others read them, made from the revocations that this process knows. A bit is set while an access token of
 * the ended session could still be shown: afterwards its expiry says no.
 */
export function createStatusLists({ db, clock, keys, revocations, issuer }: Deps): StatusLists {
  const made = new Map<number, Made>()
  let news = 0
  let highest = 0
  let lookedAt = Number.NEGATIVE_INFINITY
  revocations.onNews(() => news++)

  // Lists far beyond the last one are not there: nobody makes us sign a million of them. The one after it may have been begun
  // by another process a moment ago.
  async function isThere(list: number): Promise<boolean> {
    if (list > highest + 1 && clock.now() - lookedAt >= LOOK_MS) {
      lookedAt = clock.now()
      const lastRow = (await findLastStatusRow(db)) ?? 0
      highest = placeOf((lastRow + 1) * STATUS_INDEXES_A_ROW - 1).list
    }
    return list <= highest + 1
  }

  function isCurrent({ madeAt, news: then, ringNumber }: Made): boolean {
    const ageMs = clock.now() - madeAt
    if (ringNumber !== keys.ringNumber()) return false // maybe because its key was stolen
    return ageMs < SETTLE_MS || (then === news && ageMs < RENEWED_MS)
  }

  function make(list: number): Made {
    const claims: StatusListClaims = {
      iss: issuer,
      sub: statusListUri(issuer, list),
      iat: secondsOf(revocations.readAt()),
      exp: secondsOf(revocations.readAt()) + EXPIRES_SECONDS,
      ttl: STATUS_LIST_TTL_SECONDS,
      status_list: { bits: 1, lst: encodeStatusList(endedOf(list)) },
    }
    const jws = keys.sign(claims, STATUS_LIST_TYPE)
    const etag = `"${createHash('sha256').update(jws).digest('base64url').slice(0, 22)}"`
    return { jws, etag, madeAt: clock.now(), news, ringNumber: keys.ringNumber() }
  }

  function endedOf(list: number): number[] {
    const all = revocations.list({ aboveRow: 0, afterNumber: 0, most: Number.POSITIVE_INFINITY })
    return all.revocations.flatMap(({ statusIndex }) => {
      if (statusIndex === null) return []
      const place = placeOf(statusIndex)
      return place.list === list ? [place.idx] : []
    })
  }

  return {
    async find(list) {
      if (!(await isThere(list))) return undefined
      revocations.mustKnow()
      const known = made.get(list)
      if (known && isCurrent(known)) return known
      const fresh = make(list)
      made.set(list, fresh)
      return fresh
    },
  }
}
