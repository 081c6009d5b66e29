import type { Db } from '../../platform/db.ts'
import type { ImportedToken, LegacyClaims, TokenImport } from '../sessions/sessions.ts'
import type { LifecycleDeps } from './deps.ts'
import { type ImportRun, runBatch } from './import-run.ts'

/** A refresh token as the old service kept it. */
export type OldToken = {
  /** Of the row. */
  id: number
  /** Its `jti`. */
  tokenId: string
  /** The token; null when it expired so long ago that it was not even read. */
  token: string | null
  isBlacklisted: boolean
}

/** What becomes of one token, for the report. `unreadable` and `user-unknown`: nobody can use it here either. */
export type TokenOutcome = { id: number; kind: TokenImport | 'unreadable' | 'user-unknown' }

type ReadToken = { id: number; isBlacklisted: boolean; claims: LegacyClaims }

/**
 * Takes over one batch of refresh tokens; their users come first. One that may still be used becomes an open session, one that was
 * blacklisted or whose user may not sign in, or not with the password alone, an ended one, so that nothing brings it back to life.
 */
export async function importTokens(
  deps: LifecycleDeps,
  run: ImportRun,
  batch: readonly OldToken[],
): Promise<TokenOutcome[]> {
  const read = batch.map((old) => readToken(deps, old))
  const tokens = read.filter((token) => 'claims' in token)
  const skipped = read.filter((token) => 'kind' in token)
  if (tokens.length === 0) return skipped
  return [...skipped, ...(await runBatch(deps.database, run, (tx) => importRead(deps, run, tx, tokens)))]
}

function readToken(
  { sessions }: LifecycleDeps,
  { id, tokenId, token, isBlacklisted }: OldToken,
): ReadToken | TokenOutcome {
  if (token === null) return { id, kind: 'expired' }
  const claims = sessions.decodeLegacy(token)
  if (claims?.tokenType !== 'refresh' || claims.tokenId !== tokenId) return { id, kind: 'unreadable' }
  return { id, isBlacklisted, claims }
}

async function importRead(
  { users, sessions }: LifecycleDeps,
  run: ImportRun,
  tx: Db,
  tokens: readonly ReadToken[],
): Promise<TokenOutcome[]> {
  const held = await users.listHeld(tx, [...new Set(tokens.map(({ claims }) => claims.userId))])
  const isEnabled = new Map(held.map((user): [number, boolean] => [user.id, user.isEnabled]))
  // The old service asked for the password alone: of whoever has set up a second factor here its tokens are worth nothing.
  const haveFactor = new Set(held.filter((user) => user.hasSecondFactor).map(({ id }) => id))
  const userState = (id: number) => run.pretended.isEnabled.get(id) ?? isEnabled.get(id)
  const known = tokens.filter(({ claims }) => userState(claims.userId) !== undefined)
  const unknown = tokens.filter(({ claims }) => userState(claims.userId) === undefined)
  const imported = known.map(
    ({ claims, isBlacklisted }): ImportedToken => ({
      claims,
      hasEnded:
        isBlacklisted || !userState(claims.userId) || haveFactor.has(claims.userId) || run.takenIds.has(claims.userId),
    }),
  )
  const kinds = await sessions.importTokens(tx, imported, { dryRun: run.dryRun })
  return [
    ...unknown.map(({ id }): TokenOutcome => ({ id, kind: 'user-unknown' })),
    ...known.map(({ id }, index): TokenOutcome => ({ id, kind: kinds[index] ?? 'unreadable' })),
  ]
}
