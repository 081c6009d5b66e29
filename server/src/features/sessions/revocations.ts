import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { refused } from '../../platform/refusal.ts'
import type { Siblings } from '../../platform/siblings.ts'
import { listRevocations } from './ending-store.ts'
import type { EndedSession } from './session.ts'

const TOPIC = 'sessions-ended'
const MANY_TOPIC = 'many-sessions-ended'
const PAGE_ROWS = 5_000
// A row may become visible after rows with higher ids: ids are given when a transaction writes, not when it commits. Ours write
// them last, with one statement (end-session.ts), however long they took before. So the last 15 s are read again each time:
// longer than a statement may take (10 s).
const OVERLAP_MS = 15_000
const FORGET_EVERY_ROUNDS = 100

/** A revocation as this process knows it. Times in milliseconds since the epoch. */
export type KnownRevocation = EndedSession & { endedAt: number }

/** Which sessions have ended while access tokens of them have not expired: known to every process, asked at every verify. */
export type Revocations = {
  /** Loads the feed and follows it until `signal` says stop. Resolves when it has been read once. */
  follow(signal: AbortSignal): Promise<void>
  /** Tells this process and its siblings at once; others read it from the database. Call after the commit. */
  announce(ended: readonly EndedSession[]): Promise<void>
  /** The same for too many to be passed on: this process and its siblings read them from the database, and now. */
  announceMany(): Promise<void>
  /** @throws Refusal 'database-unavailable' when the feed could not be read for too long to say no with certainty */
  has(sessionId: string): boolean
  /** @throws Refusal 'database-unavailable' under the same condition */
  mustKnow(): void
  /** When everything that had ended was known here. */
  readAt(): number
  /** What ended at or after `time` and has not expired. */
  listSince(time: number): KnownRevocation[]
  /** Calls back after new ones became known. @returns how to stop that */
  onNews(listener: () => void): () => void
}

export type RevocationsDeps = {
  db: Db
  clock: Clock
  logger: Logger
  siblings: Siblings
  config: { pollMs: number; staleSeconds: number }
}

export function createRevocations({ db, clock, logger, siblings, config }: RevocationsDeps): Revocations {
  const known = new Map<string, KnownRevocation>()
  const listeners = new Set<() => void>()
  const cursor = createCursor()
  let readAt = Number.NEGATIVE_INFINITY
  let isAway = false

  function add(revocations: readonly KnownRevocation[]): void {
    const before = known.size
    for (const revocation of revocations) known.set(revocation.sessionId, revocation)
    if (known.size > before) for (const listener of listeners) listener()
  }

  async function read(): Promise<void> {
    const startedAt = clock.now()
    const isFirst = readAt === Number.NEGATIVE_INFINITY
    let above = cursor.at(startedAt)
    for (;;) {
      const page = await listRevocations(db, above, startedAt, PAGE_ROWS)
      add(page)
      for (const { id, endedAt } of page) {
        // What was there at the beginning is as old as it says. Later our own clock counts: another machine's may be behind.
        const isOld = isFirst && endedAt <= startedAt - OVERLAP_MS
        cursor.note(id, isOld ? 0 : startedAt)
      }
      above = page.at(-1)?.id ?? above
      if (page.length < PAGE_ROWS) break
    }
    readAt = Math.max(readAt, startedAt) // two reads may overlap, and the one that began first end last
  }

  // Tells a change for the worse or the better once, not at every try.
  async function readAndTell(): Promise<void> {
    try {
      await read()
      if (isAway) logger.info({}, 'revocations are read again')
      isAway = false
    } catch (error) {
      if (!isAway) logger.warn({ err: error }, 'revocations cannot be read')
      isAway = true
    }
  }

  function forgetExpired(): void {
    const now = clock.now()
    for (const { sessionId, expiresAt } of known.values()) if (expiresAt <= now) known.delete(sessionId)
  }

  async function followOn(signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round++) {
      await wait(config.pollMs, undefined, { signal, ref: false }).catch(() => {}) // an abort ends the loop
      if (signal.aborted) return
      await readAndTell()
      if (round % FORGET_EVERY_ROUNDS === 0) forgetExpired()
    }
  }

  function mustKnow(): void {
    const isStale = clock.now() - readAt > config.staleSeconds * 1000
    if (isStale) throw refused('database-unavailable', { retryAfterSeconds: 1 })
  }

  siblings.listen(({ topic, body }) => {
    if (topic === TOPIC) add(body as KnownRevocation[])
    if (topic === MANY_TOPIC) void readAndTell()
  })

  return {
    async follow(signal) {
      await read()
      void followOn(signal)
    },
    async announce(sessions) {
      if (sessions.length === 0) return
      const endedAt = clock.now()
      const news = sessions.map((session) => ({ ...session, endedAt }))
      add(news)
      await siblings.tell({ topic: TOPIC, body: news })
    },
    async announceMany() {
      await Promise.all([readAndTell(), siblings.tell({ topic: MANY_TOPIC, body: null })])
    },
    has(sessionId) {
      mustKnow()
      return known.has(sessionId)
    },
    mustKnow,
    readAt: () => readAt,
    listSince(time) {
      const now = clock.now()
      return [...known.values()].filter(({ endedAt, expiresAt }) => endedAt >= time && expiresAt > now)
    },
    onNews(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

type Cursor = {
  /** Everything up to this id is known for good. */
  at(now: number): number
  /** @param since when its row was there at the latest */
  note(id: number, since: number): void
}

// An id is settled when its row was there so long ago that nothing below it can still appear.
function createCursor(): Cursor {
  const unsettled: { id: number; since: number }[] = []
  let settled = 0
  return {
    at(now) {
      while (unsettled[0] && unsettled[0].since <= now - OVERLAP_MS) settled = unsettled.shift()?.id ?? settled
      return settled
    },
    note(id, since) {
      if (id <= (unsettled.at(-1)?.id ?? settled)) return
      const last = unsettled.at(-1)
      // Rows of one time settle together: the list is never longer than there were reads within the overlap.
      if (last?.since === since) last.id = id
      else unsettled.push({ id, since })
    },
  }
}
