import type { Database } from '../../platform/db.ts'
import { refused } from '../../platform/refusal.ts'
import { listTokenIds, rotateUnverified, type UnverifiedRotation } from './rotation-store.ts'

/** True for whoever won its session. @throws Refusal 'database-unavailable' */
export type RotateUnverified = (rotation: UnverifiedRotation) => Promise<boolean>

type Waiting = {
  rotation: UnverifiedRotation
  resolve: (isWon: boolean) => void
  reject: (error: unknown) => void
}

const MOST = 16
/** A row that somebody holds keeps those waiting that are written with it, the others no longer than this. */
const PATIENCE_MS = 20
/** More than this wait only for a database that hangs. */
const MOST_WAITING = 1000

/**
 * Rotates sessions of tokens whose signatures nobody has looked at. What comes while another statement is on its way is written
 * together with the next one: one statement, one commit, one wait for the disk. Whoever comes alone waits for nobody.
 */
export function createRotator(database: Pick<Database, 'db' | 'statement'>): RotateUnverified {
  let waiting: Waiting[] = []
  let isBusy = false
  /** Their sessions are being decided: in each statement, and in all that are on their way, a session is there once. */
  const undecided = new Set<string>()

  function writeSoon(): void {
    if (isBusy || waiting.every(isUndecided)) return
    isBusy = true
    setImmediate(writeNext) // after all requests that have arrived by now
  }

  async function writeNext(): Promise<void> {
    const batch = takeNext()
    let isOver = false
    const letNextGo = () => {
      if (isOver) return
      isOver = true
      isBusy = false
      writeSoon()
    }
    const timer = setTimeout(letNextGo, PATIENCE_MS)
    await write(database, batch)
    clearTimeout(timer)
    for (const { rotation } of batch) undecided.delete(rotation.sessionId)
    letNextGo()
    writeSoon() // for those who waited for a session of this batch while others went by
  }

  // Two of one session cannot win both: the second one waits until the first is decided.
  function takeNext(): Waiting[] {
    const batch: Waiting[] = []
    const left: Waiting[] = []
    for (const one of waiting) {
      const goes = batch.length < MOST && !isUndecided(one)
      if (goes) undecided.add(one.rotation.sessionId)
      ;(goes ? batch : left).push(one)
    }
    waiting = left
    return batch
  }

  const isUndecided = ({ rotation }: Waiting) => undecided.has(rotation.sessionId)

  return async (rotation) => {
    if (waiting.length >= MOST_WAITING) throw refused('database-unavailable', { retryAfterSeconds: 1 })
    return new Promise((resolve, reject) => {
      waiting.push({ rotation, resolve, reject })
      writeSoon()
    })
  }
}

async function write(database: Pick<Database, 'db' | 'statement'>, batch: readonly Waiting[]): Promise<void> {
  try {
    const winners = await winnersOf(
      database,
      batch.map(({ rotation }) => rotation),
    )
    for (const { rotation, resolve } of batch) resolve(winners.has(rotation))
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

/**
 * A statement tells how many it rotated, not which. Where that is neither all nor none the rows tell: the successor of a winner
 * is current, or the parent already when another process was asked the same, gave it out as a repeat, and it was used since.
 */
async function winnersOf(
  { db, statement }: Pick<Database, 'db' | 'statement'>,
  rotations: readonly UnverifiedRotation[],
): Promise<ReadonlySet<UnverifiedRotation>> {
  // In one order, so that two processes rarely hold rows for which the other waits.
  const sorted = rotations.toSorted((one, other) => (one.sessionId < other.sessionId ? -1 : 1))
  const count = await statement((db) => rotateUnverified(db, sorted))
  if (count === rotations.length) return new Set(rotations)
  if (count === 0) return new Set()
  const known = new Set(
    await listTokenIds(
      db,
      rotations.map(({ sessionId }) => sessionId),
    ),
  )
  return new Set(rotations.filter(({ successorId }) => known.has(successorId)))
}
