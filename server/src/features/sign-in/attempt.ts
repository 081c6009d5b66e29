import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import { randomSecret } from '../../platform/random.ts'
import { sha256 } from '../../platform/secrets.ts'
import * as store from './store.ts'

const ATTEMPT_SECONDS = 10 * 60 // long enough to find the phone (OWASP ASVS 6.6.2)
const TOKEN_BYTES = 32 // 256 bits: a plain hash is enough at rest
const MOST_TRIES = 5

/** A sign-in between its first and its second factor. Its token opens nothing but the second half (GHSA-xg6x-h9c9-2m83). */
export type OpenAttempt = { id: string; userId: number; amr: readonly AuthMethod[]; begunAt: number }

type AttemptDeps = { database: Database; clock: Clock }

/** @returns the token that finishes it; only its hash is kept */
export async function beginAttempt(
  { clock }: Pick<AttemptDeps, 'clock'>,
  tx: Db,
  begun: { userId: number; amr: readonly AuthMethod[] },
): Promise<string> {
  const token = randomSecret(TOKEN_BYTES).toString('base64url')
  const begunAt = clock.now()
  const expiresAt = begunAt + ATTEMPT_SECONDS * 1000
  await store.insertAttempt(tx, { id: idOf(token), userId: begun.userId, amr: begun.amr.join(' '), begunAt, expiresAt })
  return token
}

/** Undefined: nobody began it, it has expired, or it is finished. */
export async function findAttempt({ database, clock }: AttemptDeps, token: string): Promise<OpenAttempt | undefined> {
  const found = await store.findOpenAttempt(database.db, idOf(token), clock.now())
  return found && { ...found, amr: found.amr.split(' ') as AuthMethod[] }
}

/** Pays for a try before it is looked at: false when there is none left. */
export function payTry({ database, clock }: AttemptDeps, id: string): Promise<boolean> {
  return database.statement((db) => store.countTry(db, id, MOST_TRIES, clock.now()))
}

const idOf = (token: string) => sha256(token)
