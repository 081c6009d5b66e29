import type { Database } from '../../platform/db.ts'
import { rotateUnverified, type UnverifiedRotation } from './rotation-store.ts'
import { listSessions } from './store.ts'

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

/**
 * Rotates sessions of tokens whose signatures nobody has looked at. What comes while another statement is on its way is written
 * together with the next one: one statement, one commit, one wait for the disk. Whoever comes alone waits for nobody.
 */
export function createRotator(database: Database): RotateUnverified {
  let waiting: Waiting[] = []
  let isBusy = false

  function writeSoon(): void {
    if (isBusy || waiting.length === 0) return
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
    letNextGo()
  }

  // Two of one session cannot win both: the second one waits until the first is decided.
  function takeNext(): Waiting[] {
    const bySession = new Map<string, Waiting>()
    for (const one of waiting) {
      const { sessionId } = one.rotation
      if (bySession.size < MOST && !bySession.has(sessionId)) bySession.set(sessionId, one)
    }
    const batch = new Set(bySession.values())
    waiting = waiting.filter((one) => !batch.has(one))
    return [...batch]
  }

  return (rotation) =>
    new Promise((resolve, reject) => {
      waiting.push({ rotation, resolve, reject })
      writeSoon()
    })
}

async function write(database: Database, batch: readonly Waiting[]): Promise<void> {
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
 * A statement tells how many it rotated, not which. Where that is neither all nor none the rows tell: nobody has been given a
 * successor yet, so it is current still, unless a repeat of the parent was answered by another process and that answer was used
 * already. Then the parent is decided upon as one that came late.
 */
async function winnersOf(
  database: Database,
  rotations: readonly UnverifiedRotation[],
): Promise<ReadonlySet<UnverifiedRotation>> {
  // In one order everywhere: two that hold rows for which the other waits would both have to begin anew.
  const sorted = rotations.toSorted((one, other) => (one.sessionId < other.sessionId ? -1 : 1))
  const count = await database.statement((db) => rotateUnverified(db, sorted))
  if (count === rotations.length) return new Set(rotations)
  if (count === 0) return new Set()
  const sessions = await listSessions(
    database.db,
    rotations.map(({ sessionId }) => sessionId),
  )
  const current = new Set(sessions.map(({ currentTokenId }) => currentTokenId))
  return new Set(rotations.filter(({ successorId }) => current.has(successorId)))
}
