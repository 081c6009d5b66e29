/**
 * Sessions: who is signed in where, how refresh tokens rotate, and how the end of a session reaches everybody who verifies
 * a token. One row a session, however often it is refreshed.
 */
import type { AuthMethod, TokenType } from '../../../../contract/claims.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Siblings } from '../../platform/siblings.ts'
import type { Events } from '../events/events.ts'
import type { Keys } from '../keys/keys.ts'
import type { Roles } from '../roles/roles.ts'
import type { Users } from '../users/users.ts'
import type { Assurance, Demand, Proof } from './assurance.ts'
import { type Asking, type EndedBy, endAllOf, endAllSince, endSessionOf } from './end-session.ts'
import { type ImportedToken, importTokens, type TokenImport } from './import-tokens.ts'
import { decodeLegacyToken, type LegacyClaims } from './legacy-token.ts'
import type { Lifetimes } from './lifetimes.ts'
import { createMint } from './mint-tokens.ts'
import { mintFirstTokens, type OpenedSession, type Opening, openSession } from './open-session.ts'
import { endOneOf, endOtherSessions, endSessionOfUser, listOwnSessions, type Owner } from './own-sessions.ts'
import { isProven, raiseSession } from './prove-session.ts'
import { purgeExpired } from './purge-store.ts'
import { createTokenReader } from './read-token.ts'
import { refreshSession } from './refresh-session.ts'
import { createRevocationFeed, type RevocationFeed } from './revocation-feed.ts'
import { createRevocations, type Revocations } from './revocations.ts'
import { createRotator } from './rotate-together.ts'
import { sealAgain } from './seal-again.ts'
import type { Authenticated, EndedSession, KeptSession, SessionView, TokenPair } from './session.ts'
import { createStatusIndexes } from './status-index.ts'
import { createStatusLists, type StatusLists } from './status-lists.ts'
import * as store from './store.ts'
import { authenticate, isKnownGood, readSessionToken, verifyToken } from './verify-token.ts'
import type { OneReason, UserReason } from './what-ends.ts'

export type { Assurance, Demand, Proof } from './assurance.ts'
export type { Asking, EndedBy } from './end-session.ts'
export type { ImportedToken, TokenImport } from './import-tokens.ts'
export type { LegacyClaims } from './legacy-token.ts'
export type { OpenedSession, Opening } from './open-session.ts'
export type { Owner } from './own-sessions.ts'
export type { FeedPage, RevocationFeed } from './revocation-feed.ts'
export type { Authenticated, EndedSession, KeptSession, Session, SessionView, TokenPair } from './session.ts'
export type { StatusList, StatusLists } from './status-lists.ts'
export type { EndReason, OneReason, UserReason } from './what-ends.ts'

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
  events: Events
  keys: Keys
  users: Users
  roles: Roles
  config: SessionsConfig
}

export type Sessions = {
  /** Loads and follows the revocation feed; call before serving. */
  follow(signal: AbortSignal): Promise<void>
  /** The feed of ended sessions, for verifiers elsewhere. */
  feed: RevocationFeed
  /** The same for verifiers that follow the Token Status List. */
  statusLists: StatusLists
  /** Opens a session in a transaction that holds the user's row. */
  open(tx: Db, userId: number, opening: Opening): Promise<OpenedSession>
  /** The first tokens of an opened session, after the commit. */
  firstTokens(session: OpenedSession): TokenPair
  /** @throws Refusal 'token-refused' */
  refresh(refreshToken: string, origin: Origin): Promise<TokenPair>
  /**
   * Step-up: notes a fresh proof in a live session. It never makes it weaker or older.
   *
   * @returns what the session stands on now: as before if the proof was too weak to count (assurance.ts); undefined when it
   *   has ended
   */
  raise(tx: Db, sessionId: string, proof: Proof): Promise<Assurance | undefined>
  /** Whether a session lives and was proven as demanded, by its row. False for the undefined one of an old token. */
  isProven(sessionId: string | undefined, demand: Demand): Promise<boolean>
  /** Whether a session has not been ended, as the transaction sees it. */
  isOpen(tx: Db, sessionId: string): Promise<boolean>
  /** What a session that has not been ended was proven with; nothing: there is none. */
  methodsOf(db: Db, sessionId: string): Promise<readonly AuthMethod[]>
  /** @throws Refusal 'token-refused', 'database-unavailable' */
  verify(token: string, accepted: TokenType | 'any'): undefined | Promise<void>
  /** Whether memory alone says that a token is good now. False: ask `verify`. @throws Refusal 'database-unavailable' */
  isKnownGood(token: string, accepted: TokenType | 'any'): boolean
  /** Whom a good access token speaks for. @throws Refusal 'token-refused', 'database-unavailable' */
  authenticate(accessToken: string): Promise<Authenticated>
  /** Where a user is signed in, the session used last first. */
  list(userId: number): Promise<SessionView[]>
  /** All that are kept, ended ones too, by their ids; `after`: the last one of the page before, or an empty text. */
  listKept(userId: number, page: { after: string; most: number }): Promise<KeptSession[]>
  /** Ends a session of this user. False: there is none with this id, or it has ended. */
  endOne(userId: number, sessionId: string, reason: OneReason, by: EndedBy): Promise<boolean>
  /** The same in the caller's transaction. Pass the answer to `announce` after the commit. */
  endOneOf(tx: Db, userId: number, sessionId: string, reason: OneReason, by: EndedBy): Promise<EndedSession | undefined>
  /** Ends every session of a user but the one that asks. @returns how many */
  endOthers(owner: Owner): Promise<number>
  /** Logout. @throws Refusal 'token-refused' */
  end(refreshToken: string, origin: Origin): Promise<void>
  /**
   * Ends the sessions of a user whose row the transaction holds: all, or all but the one that asks, as `whatEnds` says of the
   * reason. Pass the answer to `announce` after the commit.
   */
  endAllOf(tx: Db, userId: number, reason: UserReason, asking?: Asking): Promise<EndedSession[]>
  announce(ended: readonly EndedSession[]): Promise<void>
  /**
   * Ends every session that was given a token since a key began to sign that is retired in the same transaction. Call
   * `announceMany` after the commit. @returns how many
   */
  endAllSince(tx: Db, since: number): Promise<number>
  announceMany(): Promise<void>
  /**
   * Says that what tokens of these users say has changed, as roles do, in the transaction of the change, which holds their rows: the
   * next refresh of each session reads it anew.
   */
  noteClaimsChanged(tx: Db, userIds: readonly number[]): Promise<void>
  /** Removes the rows of an erased user's sessions. */
  removeAllOf(tx: Db, userId: number): Promise<void>
  /** What a refresh token in the old service's own table says; its signature is not checked. Undefined: nobody can read it. */
  decodeLegacy(token: string): LegacyClaims | undefined
  /** Takes over refresh tokens of the old service, in a transaction that holds the rows of their users. */
  importTokens(tx: Db, tokens: readonly ImportedToken[], options: { dryRun: boolean }): Promise<TokenImport[]>
  /** Leaves no refresh token sealed under another key than the SECRET_KEY in use. */
  sealAgain(): Promise<void>
  /** Removes what expired longer ago than that. @returns how many rows */
  purge(keptMilliseconds: number): Promise<number>
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { database, clock, config, keys } = deps
  const { issuer, audience, legacySecretKey, lifetimes } = config
  const revocations: Revocations = createRevocations({ ...deps, db: database.db, config: config.revocations })
  const mint = createMint({ keys, sealer: deps.sealer, issuer, audience, lifetimes })
  const reader = createTokenReader({ keys, issuer, audience, legacySecretKey })
  const rotateUnverified = createRotator(database)
  const statusIndexes = createStatusIndexes()
  const parts = { ...deps, mint, revocations, lifetimes, reader, statusIndexes, rotateUnverified, issuer, audience }

  return {
    follow: (signal) => revocations.follow(signal),
    feed: createRevocationFeed({ revocations, keys, issuer }),
    statusLists: createStatusLists({ db: database.db, clock, keys, revocations, issuer }),
    open: (tx, userId, opening) => openSession(parts, tx, userId, opening),
    firstTokens: (session) => mintFirstTokens(mint, session),
    refresh: (token, origin) => refreshSession(parts, token, origin),
    raise: (tx, sessionId, proof) => raiseSession(parts, tx, sessionId, proof),
    isOpen: async (tx, sessionId) => (await store.findSession(tx, sessionId))?.endedAt === null,
    methodsOf: async (db, sessionId) => {
      const session = await store.findSession(db, sessionId)
      return session && session.endedAt === null ? session.amr : []
    },
    isProven: (sessionId, demand) => isProven(parts, sessionId, demand),
    authenticate: (token) => authenticate(parts, token),
    isKnownGood: (token, accepted) => isKnownGood(parts, token, accepted),
    verify: (token, accepted) => verifyToken(parts, token, accepted),
    list: (userId) => listOwnSessions(parts, userId),
    listKept: (userId, page) => store.listKeptSessions(database.db, userId, page),
    endOne: (userId, sessionId, reason, by) => endSessionOfUser(parts, userId, sessionId, reason, by),
    endOneOf: (tx, userId, sessionId, reason, by) => endOneOf(parts, tx, userId, sessionId, reason, by),
    endOthers: (owner) => endOtherSessions(parts, owner),
    end: async (token, origin) => endSessionOf(parts, readSessionToken(parts, token, 'refresh'), origin),
    endAllOf: (tx, userId, reason, asking) => endAllOf(parts, tx, userId, reason, asking),
    endAllSince: (tx, since) => endAllSince(parts, tx, since),
    announce: (ended) => revocations.announce(ended),
    announceMany: () => revocations.announceMany(),
    noteClaimsChanged: store.countClaimsOn,
    removeAllOf: store.deleteSessionsOf,
    decodeLegacy: decodeLegacyToken,
    importTokens: (tx, tokens, options) => importTokens(parts, tx, tokens, options),
    sealAgain: () => sealAgain(parts),
    purge: (kept) => purgeExpired(database, clock.now() - kept),
  }
}
