import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { KyselyPlugin } from 'kysely'
import { freshDatabase } from '../../../test/databases.ts'
import { eventually } from '../../../test/eventually.ts'
import { parseDatabaseUrl } from '../../platform/database-url.ts'
import { type Db, openDatabase } from '../../platform/db.ts'
import { createLogger } from '../../platform/logger.ts'
import { migrate } from '../../platform/migrate.ts'
import { noSiblings, type SiblingMessage, type Siblings } from '../../platform/siblings.ts'
import { createRevocations, type Revocations } from './revocations.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

describe('the follower of the revocations', () => {
  test('knows what ended before it began, and what ends later', async (t) => {
    const { db, revocations, clock, follow } = await open(t)
    await end(db, 1, clock.time - HOUR_MS, clock.time + HOUR_MS)
    await follow()
    assert.equal(revocations.has('session 1'), true)
    assert.equal(revocations.has('session 2'), false)
    await end(db, 2, clock.time, clock.time + HOUR_MS)
    await eventually('it is known', () => revocations.has('session 2'))
  })

  test('does not miss a row that appears below one that it has seen', async (t) => {
    const { db, revocations, clock, follow } = await open(t)
    await follow()
    await end(db, 7, clock.time, clock.time + HOUR_MS)
    await eventually('the higher one is known', () => revocations.has('session 7'))
    clock.time += 24_000 // the statement and the commit took as long as they may
    await end(db, 5, clock.time, clock.time + HOUR_MS)
    await eventually('the lower one is known', () => revocations.has('session 5'))
  })

  test('does not miss it either when the higher one was written by a machine whose clock is behind', async (t) => {
    const { db, revocations, clock, follow } = await open(t)
    await follow()
    await end(db, 7, clock.time - MINUTE_MS, clock.time + HOUR_MS)
    await eventually('the higher one is known', () => revocations.has('session 7'))
    await end(db, 5, clock.time, clock.time + HOUR_MS)
    await eventually('the lower one is known', () => revocations.has('session 5'), 2)
  })

  test('says that it does not know once the database could not be read for too long, and knows again afterwards', async (t) => {
    const { db, revocations, clock, follow, staleSeconds } = await open(t)
    await follow()
    await db.schema.alterTable('revocation').renameTo('gone').execute()
    clock.time += staleSeconds * 1000
    assert.equal(revocations.has('session 1'), false)
    clock.time += 1
    assert.throws(() => revocations.has('session 1'), { code: 'database-unavailable', facts: { retryAfterSeconds: 1 } })
    await db.schema.alterTable('gone').renameTo('revocation').execute()
    await eventually('it knows again', () => answers(() => revocations.has('session 1')))
  })

  test('says so too where the clock of the machine was set back by an hour', async (t) => {
    const { db, start, clock } = await open(t)
    const { revocations, follow } = start({ staleSeconds: 1 })
    await follow()
    clock.time -= HOUR_MS
    await eventually('it has read again', () => revocations.readAt() === clock.time)
    await db.schema.alterTable('revocation').renameTo('gone').execute()
    await eventually('it does not know', () => !answers(() => revocations.has('session 1')), 5)
  })

  test('knows no less when a read that began earlier ends later', async (t) => {
    const answers: (() => void)[] = []
    const slow = (db: Db) => db.withPlugin(holdResults(answers))
    const { revocations, clock, follow, staleSeconds } = await open(t, slow)
    const first = follow()
    await eventually('the first read has begun', () => answers.length === 1)
    clock.time += staleSeconds * 1000 + 1
    const second = follow()
    await eventually('the second read has begun', () => answers.length === 2)
    answers[1]?.()
    await second
    answers[0]?.()
    await first
    assert.equal(revocations.has('session 1'), false)
  })

  test('reads at once what ended in numbers, and so do its siblings', async (t) => {
    const { db, clock, start } = await open(t)
    const heard: ((message: SiblingMessage) => void)[] = []
    const siblings: Siblings = {
      listen: (listener) => void heard.push(listener),
      tell: async (message) => heard.at(-1)?.(message),
    }
    const [one, sibling] = [start({ siblings, pollMs: HOUR_MS }), start({ siblings, pollMs: HOUR_MS })]
    for (const { follow } of [one, sibling]) await follow()
    for (const id of [1, 2, 3]) await end(db, id, clock.time, clock.time + HOUR_MS)
    await one.revocations.announceMany()
    for (const id of [1, 2, 3]) assert.equal(one.revocations.has(`session ${id}`), true)
    await eventually('the sibling knows them', () => sibling.revocations.has('session 3'))
  })

  test('keeps in memory only what has not expired', async (t) => {
    const { revocations, clock, follow } = await open(t)
    await follow()
    const before = heapBytes()
    const ended = Array.from({ length: 100_000 }, (_, n) => ({
      sessionId: `session ${n}`,
      expiresAt: clock.time + 1,
      statusIndex: n,
    }))
    await revocations.announce(ended)
    ended.length = 0
    const full = heapBytes() - before
    clock.time += 30_001 // as far behind as a verifier's clock may be
    await eventually('it is forgotten', () => heapBytes() - before < full / 10)
  })
})

async function open(t: TestContext, wrap = (db: Db) => db) {
  const database = openDatabase(parseDatabaseUrl((await freshDatabase(t, 'sqlite')).url), 1)
  await migrate(database.db)
  const stopping = new AbortController()
  t.after(() => {
    stopping.abort()
    return database.close()
  })
  const clock = { time: Date.UTC(2026, 10, 23), now: () => clock.time }
  const staleSeconds = 30
  function start({ siblings = noSiblings, pollMs = 1, staleSeconds: known = staleSeconds } = {}) {
    const [db, logger] = [wrap(database.db), createLogger('silent')]
    const revocations: Revocations = createRevocations({
      db,
      clock,
      logger,
      siblings,
      config: { pollMs, staleSeconds: known },
    })
    return { revocations, follow: () => revocations.follow(stopping.signal) }
  }
  return { db: database.db, clock, staleSeconds, start, ...start() }
}

/** Holds each result back until it is called for. */
function holdResults(answers: (() => void)[]): KyselyPlugin {
  return {
    transformQuery: ({ node }) => node,
    transformResult: ({ result }) => new Promise((resolve) => answers.push(() => resolve(result))),
  }
}

async function end(db: Db, id: number, endedAt: number, expiresAt: number): Promise<void> {
  const row = { id, session_id: `session ${id}`, ended_at: endedAt, expires_at: expiresAt }
  await db.insertInto('revocation').values(row).execute()
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function answers(ask: () => unknown): boolean {
  try {
    ask()
    return true
  } catch {
    return false
  }
}
