import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { fromBase32 } from './base32.ts'
import { contextOf } from './enrol-totp.ts'
import { deleteTotp, insertTotp } from './store.ts'

const LEAST_BYTES = 10 // what many apps and other servers made before RFC 4226 asked for 16
const MOST_BYTES = 64

/** Undefined: it is no secret of an app for codes. */
export function readSecret(text: string): Buffer | undefined {
  const secret = fromBase32(text)
  return secret && secret.length >= LEAST_BYTES && secret.length <= MOST_BYTES ? secret : undefined
}

/**
 * Gives a user an app whose secret is known already, in a transaction that holds the user's row: nobody shows a code. It takes the
 * place of the one before. False: it is no secret.
 */
export async function adoptTotp(
  { clock, sealer }: { clock: Clock; sealer: Sealer },
  tx: Db,
  { userId, secret: text }: { userId: number; secret: string },
): Promise<boolean> {
  const secret = readSecret(text)
  if (!secret) return false
  const id = randomId()
  await deleteTotp(tx, userId)
  const secretSealed = sealer.seal(secret, contextOf({ userId, id }))
  await insertTotp(tx, { id, userId, secretSealed, enrolledAt: clock.now(), lastStep: 0 })
  return true
}
