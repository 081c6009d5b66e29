/** Sessions that have ended while tokens of them have not expired: what the pages of the feed said, taken together. */
import { REVOCATIONS_TYPE, type Revocation, type RevocationPage } from '../../../contract/revocations.ts'
import type { Clock, Moment } from './clock.ts'
import { createFreshness } from './freshness.ts'
import { createJwsReader, type JsonObject } from './jws.ts'
import type { Keys } from './keys.ts'
import { TokenError } from './token-error.ts'

export type Revocations = {
  has(sessionId: string): boolean
  /**
   * Adds a page of the feed, a compact JWS of bounded length. Pages may come twice or late.
   *
   * @returns whether it was the last one: false when the issuer has more, and what is known is not complete
   * @throws TokenError 'unknown-key' as long as its key is not known, others when it is no page of this issuer
   */
  addPage(text: string): boolean
  /** Where to go on; undefined: from the beginning. */
  readonly cursor: string | undefined
  /** Begins anew: the issuer does not know the cursor any more. */
  forgetCursor(): void
  /** Whether what is known may be relied on. */
  isFresh(now?: Moment): boolean
  /** Undefined before the first page that was the last one. */
  ageMs(): number | undefined
  readonly size: number
}

type Deps = { issuer: string; keys: Pick<Keys, 'find' | 'retireOthers'>; clock: Clock; maxAgeMs: number }

const MAX_SESSIONS = 1_000_000 // about 100 MB; never dropped silently: a page beyond that is refused
const MAX_ID_CHARACTERS = 128
// An entry is kept a little longer than any verifier's clock tolerance lets its tokens live.
const KEPT_SECONDS = 60

export function createRevocations({ issuer, keys, clock, maxAgeMs }: Deps): Revocations {
  const readJws = createJwsReader({ findKey: keys.find, headerTypes: [REVOCATIONS_TYPE] })
  const freshness = createFreshness(clock)
  const ended = new Map<string, number>()
  let newestIat = Number.NEGATIVE_INFINITY
  let cursor: string | undefined
  let sweptAt = clock.monotonic()

  // Only what both clocks call past is forgotten: one that jumps ahead and back would bring tokens to life again.
  function sweep(): void {
    const now = clock.monotonic()
    if (now - sweptAt < KEPT_SECONDS * 1000) return
    sweptAt = now
    const past = Math.min(clock.now() / 1000, newestIat) - KEPT_SECONDS
    for (const [sid, exp] of ended) if (exp < past) ended.delete(sid)
  }

  const countNew = (revocations: readonly Revocation[]) => revocations.filter(({ sid }) => !ended.has(sid)).length

  return {
    has: (sessionId) => ended.has(sessionId),
    addPage(text) {
      const page = readPage(readJws(text).payload, issuer)
      const isNewest = page.iat >= newestIat
      if (isNewest) newestIat = page.iat
      sweep()
      const isFull = ended.size + page.revocations.length > MAX_SESSIONS
      if (isFull && countNew(page.revocations) > MAX_SESSIONS - ended.size) throw new Error('too many ended sessions')
      for (const { sid, exp } of page.revocations) ended.set(sid, Math.max(exp, ended.get(sid) ?? 0))
      // Where the pages go on, they do so also when a process of the issuer has given the next one that is a little behind.
      if (isNewest || page.more) cursor = page.cursor
      if (isNewest) keys.retireOthers(page.keys)
      if (!page.more) freshness.observe(page.iat)
      return !page.more
    },
    get cursor() {
      return cursor
    },
    forgetCursor() {
      cursor = undefined
    },
    isFresh: (now) => freshness.ageMs(now) <= maxAgeMs,
    ageMs() {
      const ageMs = freshness.ageMs()
      return Number.isFinite(ageMs) ? ageMs : undefined
    },
    get size() {
      return ended.size
    },
  }
}

function readPage(payload: JsonObject, issuer: string): RevocationPage {
  const { iss, iat, cursor, revocations, keys, more } = payload
  if (iss !== issuer) throw new TokenError('issuer')
  const isPlaced = Number.isFinite(iat) && typeof cursor === 'string' && [undefined, true].includes(more as undefined)
  if (!isPlaced || !isListOf(revocations, isRevocation) || !isListOf(keys, isId)) throw new TokenError('malformed')
  return payload as RevocationPage
}

function isListOf(value: unknown, isMember: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember)
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_CHARACTERS
}

function isRevocation(value: unknown): boolean {
  const { sid, exp } = (value ?? {}) as { sid?: unknown; exp?: unknown }
  return isId(sid) && Number.isFinite(exp)
}
