/**
 * Sessions: who is signed in where, how refresh tokens rotate, and how the end of a session reaches everybody who verifies
 * a token. One row a session, however often it is refreshed.
 */
import type { TokenType } from '../../../../contract/claims.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Siblings } from '../../platform/siblings.ts'
import type { Keys } from '../keys/keys.ts'
import type { Users } from '../users/users.ts'
import { endAllOf, endSessionOf } from './end-session.ts'
import { type ImportedToken, importTokens, type TokenImport } from './import-tokens.ts'
import { decodeLegacyToken, type LegacyClaims } from './legacy-token.ts'
import { createMint } from './mint-tokens.ts'
import { mintFirstTokens, openSession } from './open-session.ts'
import { endOtherSessions, endOwnSession } from './own-sessions.ts'
import { createTokenReader, type ReadToken } from './read-token.ts'
import { refreshSession } from './refresh-session.ts'
import { createRevocationFeed, type RevocationFeed } from './revocation-feed.ts'
import { createRevocations, type Revocations } from './revocations.ts'
import type { Authenticated, EndedSession, EndReason, Lifetimes, Session, SessionView, TokenPair } from './session.ts'
import * as store from './store.ts'
import { tokenRefused } from './token-refusal.ts'
import { authenticate, readLiveToken, verifyToken } from './verify-token.ts'

export type { ImportedToken, TokenImport } from './import-tokens.ts'
export type { LegacyClaims } from './legacy-token.ts'
export type { FeedPage, RevocationFeed } from './revocation-feed.ts'
export type { Authenticated, EndedSession, EndReason, Session, SessionView, TokenPair } from './session.ts'

export type SessionsConfig = {
  issuer: string
  audience: string
  /** The old service's HS256 key, while its tokens are accepted. */
  legacySecretKey: string | undefined
  lifetimes: Lifetimes
  revocations: { pollMs: number; staleSeconds: number }
}

export type SessionsDeps = {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  siblings: Siblings
  keys: Keys
  users: Users
  config: SessionsConfig
}

export type Sessions = {
  /** Loads and follows the revocation feed; call before serving. */
  follow(signal: AbortSignal): Promise<void>
  /** The feed of ended sessions, for verifiers elsewhere. */
  feed: RevocationFeed
  /** Opens a session in a transaction that holds the user's row. */
  open(tx: Db, userId: number, origin: Origin): Promise<Session>
  /** The first tokens of an opened session, after the commit. */
  firstTokens(session: Session): TokenPair
  /** @throws Refusal 'token-refused' */
  refresh(refreshToken: string): Promise<TokenPair>
  /** @throws Refusal 'token-refused', 'database-unavailable' */
  verify(token: string, accepted: TokenType | 'any'): undefined | Promise<void>
  /** Whom a good access token speaks for. @throws Refusal 'token-refused', 'database-unavailable' */
  authenticate(accessToken: string): Promise<Authenticated>
  /** Where a user is signed in, the session used last first. */
  list(userId: number): Promise<SessionView[]>
  /** Ends a session of this user. False: there is none with this id, or it has ended. */
  endOwn(userId: number, sessionId: string): Promise<boolean>
  /** Ends every session of a user but this one. @returns how many */
  endOthers(userId: number, kept: string | undefined): Promise<number>
  /** Logout. @throws Refusal 'token-refused' */
  end(refreshToken: string): Promise<void>
  /** Ends all sessions of a user whose row the transaction holds; pass the answer to `announce` after the commit. */
  endAllOf(tx: Db, userId: number, reason: EndReason): Promise<EndedSession[]>
  announce(ended: readonly EndedSession[]): Promise<void>
  /** Ends every session that was given a token since a key began to sign that is retired in the same transaction. @returns how many */
  endAllSince(tx: Db, since: number): Promise<number>
  /** Removes the rows of an erased user's sessions. */
  removeAllOf(tx: Db, userId: number): Promise<void>
  /** What a refresh token in the old service's own table says; its signature is not checked. Undefined: nobody can read it. */
  decodeLegacy(token: string): LegacyClaims | undefined
  /** Takes over refresh tokens of the old service, in a transaction that holds the rows of their users. */
  importTokens(tx: Db, tokens: readonly ImportedToken[], options: { dryRun: boolean }): Promise<TokenImport[]>
  /** Removes what expired longer ago than that. @returns how many rows */
  purge(keptMilliseconds: number): Promise<bigint>
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { database, clock, config, keys } = deps
  const { issuer, audience, legacySecretKey, lifetimes } = config
  const revocations: Revocations = createRevocations({ ...deps, db: database.db, config: config.revocations })
  const mint = createMint({ keys, issuer, audience, lifetimes })
  const readToken = createTokenReader({ keys, issuer, audience, legacySecretKey })
  const parts = { ...deps, mint, revocations, lifetimes, readToken }

  return {
    follow: (signal) => revocations.follow(signal),
    feed: createRevocationFeed({ revocations, keys, issuer }),
    open: (tx, userId, origin) => openSession({ clock, lifetimes }, tx, userId, origin),
    firstTokens: (session) => mintFirstTokens(mint, session),
    refresh: async (token) => refreshSession(parts, withSession(readLiveToken(parts, token, 'refresh'))),
    authenticate: (token) => authenticate(parts, token),
    verify: (token, accepted) => verifyToken(parts, token, accepted),
    list: (userId) => store.listSessionViews(database.db, userId, clock.now()),
    endOwn: (userId, sessionId) => endOwnSession(parts, userId, sessionId),
    endOthers: (userId, kept) => endOtherSessions(parts, userId, kept),
    end: async (token) => endSessionOf(parts, withSession(readLiveToken(parts, token, 'refresh'))),
    endAllOf: (tx, userId, reason) => endAllOf(parts, tx, userId, reason),
    endAllSince: (tx, since) => store.endSessionsUsedSince(tx, since, 'key-compromised', clock.now()),
    announce: (ended) => revocations.announce(ended),
    removeAllOf: store.deleteSessionsOf,
    decodeLegacy: decodeLegacyToken,
    importTokens: (tx, tokens, { dryRun }) => importTokens(tx, tokens, clock.now(), dryRun),
    purge: (kept) => store.purgeExpired(database.db, clock.now() - kept),
  }
}

function withSession(token: ReadToken): ReadToken & { sessionId: string } {
  if (token.sessionId === undefined) throw tokenRefused('invalid')
  return { ...token, sessionId: token.sessionId }
}
