import type { Clock } from '../../platform/clock.ts'
import { secondsOf } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { ChainEnd } from '../events/events.ts'
import type { Keys } from '../keys/keys.ts'
import { CHECKPOINT_TYPE, keyIdOf, readStatement } from './checkpoint.ts'
import { contextOf } from './sealed-keys.ts'
import { insertCheckpoint, keepKey, type SealedKey, type StoredCheckpoint } from './store.ts'

export type SignDeps = {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  keys: Keys
  config: { issuer: string }
}

/** @throws UniqueViolation when this end is signed already */
export async function signCheckpoint(deps: SignDeps, end: ChainEnd): Promise<StoredCheckpoint> {
  const { database, logger } = deps
  const { jws, key, signedAt } = signStatement(deps, end, CHECKPOINT_TYPE)
  const { sequence, hash } = end
  const checkpoint = { sequence, signedAt, jws }
  await database.transaction(async (tx) => {
    await keepKey(tx, key)
    await insertCheckpoint(tx, checkpoint)
  })
  // In the log too: that is often kept where the database's writers have no hand.
  logger.info({ sequence, chainHash: hash }, 'end of the chain of events signed')
  return checkpoint
}

export type Signed = { jws: string; key: SealedKey; signedAt: number }

/**
 * Signs what is said of a place of the chain. The public key is to be kept beside, sealed: the key ring's own table forgets
 * nothing, but whoever may write there could add a key of theirs.
 */
export function signStatement(deps: SignDeps, { sequence, hash }: ChainEnd, type: string): Signed {
  const { clock, sealer, keys, config } = deps
  const signedAt = clock.now()
  const jws = keys.sign({ iss: config.issuer, iat: secondsOf(signedAt), sequence, hash }, type)
  const id = keyIdOf(jws) ?? ''
  const jwk = publicJwkOf(keys, id)
  // Or whoever can write to the key ring's table would have us seal a public key of theirs.
  if (!readStatement(jws, jwk, type)) throw new Error('the public key in the key set is not that of the key that signs')
  return { jws, key: { id, jwkSealed: sealer.seal(Buffer.from(jwk), contextOf(id)) }, signedAt }
}

function publicJwkOf(keys: Keys, id: string): string {
  const { keys: published } = JSON.parse(keys.keySet().body) as { keys: { kid: string }[] }
  const jwk = published.find(({ kid }) => kid === id)
  if (!jwk) throw new Error('the key that signs is not in the key set')
  return JSON.stringify(jwk)
}
