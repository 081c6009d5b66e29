import { setTimeout as wait } from 'node:timers/promises'
import { MOST_CLOCK_TOLERANCE_SECONDS } from '../../../../contract/revocations.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { refused } from '../../platform/refusal.ts'
import type { Siblings } from '../../platform/siblings.ts'
import { listRevocations } from './ending-store.ts'
import { createKnownRevocations, type KnownRevocation, type Stretch } from './known-revocations.ts'
import type { EndedSession } from './session.ts'

const TOPIC = 'sessions-ended'
const MANY_TOPIC = 'many-sessions-ended'
const PAGE_ROWS = 5_000
// A row may become visible after rows with higher ids: ids are given when a transaction writes, not when it commits. Ours write
// them last, with one statement (end-session.ts), however long they took before. So the last 25 s are read again each time:
// longer than that statement and the commit may take (10 s each).
const OVERLAP_MS = 25_000
const FORGET_EVERY_ROUNDS = 100

/** For how long a token may be taken after it has expired, by a verifier whose clock is behind. */
export const TOLERANCE_MS = MOST_CLOCK_TOLERANCE_SECONDS * 1000

/** Which sessions have ended while access tokens of them may still be taken: known to every process, asked at every verify. */
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
  /** Up to which row everything is known for good: no row will appear below. */
  settledRow(): number
  /** Of all that were read. */
  highestRow(): number
  /** How many were learnt so far. */
  number(): number
  /** Those that may still be shown, in the order of their rows. `isWhole`: there are no more than these. */
  list(stretch: Omit<Stretch, 'expiredAt'>): { revocations: readonly KnownRevocation[]; isWhole: boolean }
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
  const known = createKnownRevocations()
  const listeners = new Set<() => void>()
  const cursor = createCursor()
  // By both clocks: the machine's may be set back, and the monotonic one may sleep with it.
  let lastRead = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY }
  let isAway = false

  function add(ended: readonly (EndedSession & { id?: number })[]): void {
    const before = known.number
    for (const { sessionId, expiresAt, statusIndex, id } of ended) known.add({ sessionId, expiresAt, statusIndex }, id)
    if (known.number > before) for (const listener of listeners) listener()
  }

  const expiredAt = () => clock.now() - TOLERANCE_MS

  async function read(): Promise<void> {
    const began = { wall: clock.now(), monotonic: performance.now() }
    const startedAt = began.wall
    const isFirst = lastRead.wall === Number.NEGATIVE_INFINITY
    let above = cursor.at(startedAt)
    for (;;) {
      const page = await listRevocations(db, above, startedAt - TOLERANCE_MS, PAGE_ROWS)
      add(page)
      for (const { id, endedAt } of page) {
        // What was there at the beginning is as old as it says. Later our own clock counts: another machine's may be behind.
        const isOld = isFirst && endedAt <= startedAt - OVERLAP_MS
        cursor.note(id, isOld ? 0 : startedAt)
      }
      above = page.at(-1)?.id ?? above
      if (page.length < PAGE_ROWS) break
    }
    if (began.monotonic > lastRead.monotonic) lastRead = began // two reads may overlap, and the one that began first end last
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

  async function followOn(signal: AbortSignal): Promise<void> {
    for (let round = 1; !signal.aborted; round++) {
      await wait(config.pollMs, undefined, { signal, ref: false }).catch(() => {}) // an abort ends the loop
      if (signal.aborted) return
      await readAndTell()
      if (round % FORGET_EVERY_ROUNDS === 0) known.forget(expiredAt())
    }
  }

  function mustKnow(): void {
    const ageMs = Math.max(clock.now() - lastRead.wall, performance.now() - lastRead.monotonic)
    if (ageMs > config.staleSeconds * 1000) throw refused('database-unavailable', { retryAfterSeconds: 1 })
  }

  siblings.listen(({ topic, body }) => {
    if (topic === TOPIC) add(body as EndedSession[])
    if (topic === MANY_TOPIC) void readAndTell()
  })

  return {
    async follow(signal) {
      await read()
      void followOn(signal)
    },
    async announce(sessions) {
      if (sessions.length === 0) return
      add(sessions)
      await siblings.tell({ topic: TOPIC, body: [...sessions] })
    },
    async announceMany() {
      await Promise.all([readAndTell(), siblings.tell({ topic: MANY_TOPIC, body: null })])
    },
    has(sessionId) {
      mustKnow()
      return known.has(sessionId)
    },
    mustKnow,
    readAt: () => lastRead.wall,
    settledRow: cursor.settled,
    highestRow: cursor.highest,
    number: () => known.number,
    list: (stretch) => known.list({ ...stretch, expiredAt: expiredAt() }),
    onNews(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

type Cursor = {
  /** Everything up to this id is known for good, now that it is so late. */
  at(now: number): number
  /** The same, when it was last asked with a time. */
  settled(): number
  /** The highest id that was noted. */
  highest(): number
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
    settled: () => settled,
    highest: () => unsettled.at(-1)?.id ?? settled,
    note(id, since) {
      if (id <= (unsettled.at(-1)?.id ?? settled)) return
      const last = unsettled.at(-1)
      // Rows of one time settle together: the list is never longer than there were reads within the overlap.
      if (last?.since === since) last.id = id
      else unsettled.push({ id, since })
    },
  }
}
