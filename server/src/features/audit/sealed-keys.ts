import type { Database } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { keyIdOf, readStatement, type Statement } from './checkpoint.ts'
import { listKeys } from './store.ts'

/** What a public key is sealed for. */
export function contextOf(keyId: string): string {
  return `checkpoint_key:${keyId}`
}

/** What the statement says; undefined: no key of ours signed it, or it is of another type. */
export type ReadStatement = (jws: string, type: string) => Statement | undefined

/** Knows those public keys alone that were sealed under our SECRET_KEY. */
export async function createStatementReader(deps: { database: Database; sealer: Sealer }): Promise<ReadStatement> {
  const { database, sealer } = deps
  const keys = new Map<string, string>()
  for (const { id, jwkSealed } of await listKeys(database.db)) {
    const opened = tryOpen(sealer, jwkSealed, contextOf(id))
    if (opened) keys.set(id, opened)
  }
  return (jws, type) => {
    const jwk = keys.get(keyIdOf(jws) ?? '')
    return jwk === undefined ? undefined : readStatement(jws, jwk, type)
  }
}

function tryOpen(sealer: Sealer, sealed: string, context: string): string | undefined {
  try {
    return sealer.open(sealed, context).toString()
  } catch {
    return undefined // somebody else's: what it signed is then told as forged
  }
}
