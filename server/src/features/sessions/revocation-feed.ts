import { MOST_REVOCATIONS_A_PAGE, REVOCATIONS_TYPE, type RevocationPage } from '../../../../contract/revocations.ts'
import { randomId } from '../../platform/random.ts'
import type { Keys } from '../keys/keys.ts'
import { type FeedCursor, readCursor, writeCursor } from './feed-cursor.ts'
import type { Revocations } from './revocations.ts'

/** A signed page of the feed, what to ask with next, and whether that is to be asked at once. */
export type FeedPage = { cursor: string; jws: string; hasMore: boolean }

/** The revocation feed as others read it: contract/revocations.ts has its shape. */
export type RevocationFeed = {
  /** What ended since `cursor`; everything that may still be shown without one, or with one that nobody gave. */
  page(cursor?: string): FeedPage
  /** Calls back when there is something new. @returns how to stop that */
  onNews(listener: () => void): () => void
}

const MOST_MADE = 16 // pages kept: nearly all who ask stand at the same place, and each may be half a megabyte

export function createRevocationFeed(deps: { revocations: Revocations; keys: Keys; issuer: string }): RevocationFeed {
  const { revocations, keys, issuer } = deps
  const process = randomId().slice(0, 12)
  const made = new Map<string, FeedPage>()
  let madeOf = ''

  /** Where a reader stands; what another process had learnt says nothing here. */
  function placeOf(text: string | undefined): FeedCursor {
    const given = readCursor(text)
    // A row that is not there yet: the database is an older copy, and what has ended in it since is below.
    const isKnown = given && Math.max(given.row, given.at ?? 0) <= revocations.highestRow()
    if (!isKnown) return { row: 0, at: undefined, number: 0, process }
    return given.process === process ? given : { ...given, number: 0, process }
  }

  /** What is told once this reader has read all pages: what was known at the first of them, and at each process that gave one. */
  function targetOf(place: FeedCursor): FeedCursor {
    const row = revocations.settledRow()
    if (place.at === undefined) return { ...place, row, number: revocations.number() }
    return { ...place, row: Math.min(place.row, row) }
  }

  function make(place: FeedCursor): FeedPage {
    const { row, at, number } = place
    // While pages go on, the number is what they will have told in the end.
    const { revocations: listed, isWhole } = revocations.list({
      aboveRow: at ?? row,
      afterNumber: at === undefined ? number : 0,
      most: MOST_REVOCATIONS_A_PAGE,
    })
    const cursor = writeCursor({ ...targetOf(place), at: isWhole ? undefined : listed.at(-1)?.row })
    const page: RevocationPage = {
      iss: issuer,
      iat: revocations.readAt() / 1000,
      cursor,
      keys: keys.list().map(({ id }) => id),
      revocations: listed.map(({ sessionId, expiresAt }) => ({ sid: sessionId, exp: Math.ceil(expiresAt / 1000) })),
      ...(!isWhole && { more: true }),
    }
    return { cursor, jws: keys.sign(page, REVOCATIONS_TYPE), hasMore: !isWhole }
  }

  return {
    onNews: revocations.onNews,
    page(text) {
      const facts = [revocations.readAt(), revocations.number(), revocations.settledRow(), keys.ringNumber()].join()
      if (facts !== madeOf) made.clear()
      madeOf = facts
      const place = placeOf(text)
      const name = writeCursor(place)
      const known = made.get(name)
      if (known) return known
      const page = make(place)
      if (made.size >= MOST_MADE) made.delete(made.keys().next().value ?? '')
      made.set(name, page)
      return page
    },
  }
}
