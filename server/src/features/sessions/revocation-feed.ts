import { REVOCATIONS_TYPE, type RevocationPage } from '../../../../contract/revocations.ts'
import type { Keys } from '../keys/keys.ts'
import type { Revocations } from './revocations.ts'

/** A signed page of the feed, and what to ask with next. */
export type FeedPage = { cursor: string; jws: string }

/** The revocation feed as others read it: contract/revocations.ts has its shape. */
export type RevocationFeed = {
  /** What ended since `cursor`; everything that has not expired without one, or with one that nobody gave. */
  page(cursor?: string): FeedPage
  /** Calls back when there is something new. @returns how to stop that */
  onNews(listener: () => void): () => void
}

// A cursor is a time. What ended shortly before it is told again: its row may have become visible later, and the clocks of
// several machines differ.
const OVERLAP_MS = 60_000

export function createRevocationFeed(deps: { revocations: Revocations; keys: Keys; issuer: string }): RevocationFeed {
  const { revocations, keys, issuer } = deps
  return {
    onNews: revocations.onNews,
    page(cursor) {
      const readAt = revocations.readAt()
      const known = revocations.listSince(timeOf(cursor) - OVERLAP_MS)
      const page: RevocationPage = {
        iss: issuer,
        iat: readAt / 1000,
        cursor: String(readAt),
        keys: keys.list().map(({ id }) => id),
        revocations: known.map(({ sessionId, expiresAt }) => ({ sid: sessionId, exp: Math.ceil(expiresAt / 1000) })),
      }
      return { cursor: page.cursor, jws: keys.sign(page, REVOCATIONS_TYPE) }
    },
  }
}

function timeOf(cursor: string | undefined): number {
  return cursor !== undefined && /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0
}
