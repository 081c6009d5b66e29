import type { Database, Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { ChainVerdict, Events } from '../events/events.ts'
import { keyIdOf, readCheckpoint } from './checkpoint.ts'
import { contextOf } from './sign-checkpoint.ts'
import { listCheckpoints, listKeys, type StoredCheckpoint } from './store.ts'

export type AuditVerdict =
  | (ChainVerdict & { checkpoints: number })
  /** A checkpoint was not signed by a key of ours, or says something else than its row. */
  | { kind: 'checkpoint-forged'; sequence: number; checkpoints: number }
  /** The checkpoint that was given by hand is none of this service. */
  | { kind: 'not-a-checkpoint'; checkpoints: number }

export type VerifyDeps = { database: Database; sealer: Sealer; events: Events }

/**
 * Looks at every event and every checkpoint.
 *
 * @param kept a checkpoint that was kept elsewhere: it also shows when the latest events and checkpoints were cut off together
 */
export async function verifyChain(deps: VerifyDeps, kept?: string): Promise<AuditVerdict> {
  const { database, events } = deps
  const keys = await openKeys(deps)
  const read = (jws: string) => {
    const jwk = keys.get(keyIdOf(jws) ?? '')
    return jwk === undefined ? undefined : readCheckpoint(jws, jwk)
  }
  const witnessed = new Map<number, string>()
  for await (const { sequence, jws } of allCheckpoints(database.db)) {
    const checkpoint = read(jws)
    if (checkpoint?.sequence !== sequence) return { kind: 'checkpoint-forged', sequence, checkpoints: witnessed.size }
    witnessed.set(sequence, checkpoint.hash)
  }
  const checkpoints = witnessed.size
  const given = kept === undefined ? undefined : read(kept)
  if (kept !== undefined && !given) return { kind: 'not-a-checkpoint', checkpoints }
  if (given) witnessed.set(given.sequence, given.hash)
  return { ...(await events.check(witnessed)), checkpoints }
}

/** Public keys by id, those alone that were sealed under our SECRET_KEY. */
async function openKeys({ database, sealer }: VerifyDeps): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>()
  for (const { id, jwkSealed } of await listKeys(database.db)) {
    const opened = tryOpen(sealer, jwkSealed, contextOf(id))
    if (opened) keys.set(id, opened)
  }
  return keys
}

function tryOpen(sealer: Sealer, sealed: string, context: string): string | undefined {
  try {
    return sealer.open(sealed, context).toString()
  } catch {
    return undefined // somebody else's: what it signed is then told as forged
  }
}

const ROWS_AT_ONCE = 1000

async function* allCheckpoints(db: Db): AsyncGenerator<StoredCheckpoint> {
  let page: StoredCheckpoint[]
  let after = Number.MIN_SAFE_INTEGER
  do {
    page = await listCheckpoints(db, after, ROWS_AT_ONCE)
    yield* page
    after = page.at(-1)?.sequence ?? after
  } while (page.length === ROWS_AT_ONCE)
}
