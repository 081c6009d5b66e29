/**
 * Passkeys: public key credentials of an authenticator (WebAuthn Level 3) that verify their user, so that one is enough to
 * sign in, without a name; or they are a second factor. Only public keys are kept.
 */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Events } from '../events/events.ts'
import { checkPasskey, type PasskeyAttempt, type PasskeyCheck, type PasskeyUse, startCheck } from './check-passkey.ts'
import { addPasskey, type Enrolling, finishEnrolment, type Naming, startEnrolment } from './enrol-passkey.ts'
import type { NewPasskey, PasskeyView, RelyingParty } from './passkey.ts'
import * as store from './store.ts'
import { handleOf } from './user-handle.ts'
import { viewOf } from './view.ts'

export type { PasskeyAttempt, PasskeyCheck, PasskeyUse } from './check-passkey.ts'
export type { Enrolling, Naming } from './enrol-passkey.ts'
export type { NewPasskey, PasskeyView, RelyingParty } from './passkey.ts'

/**
 * What a page tells the user's authenticators, so that they offer no passkey that is gone and no old name (WebAuthn §5.1.10,
 * Signal API): `signalAllAcceptedCredentials` and `signalCurrentUserDetails`.
 */
export type Signals = {
  rpId: string
  /** The user handle, base64url. */
  userId: string
  allAcceptedCredentialIds: string[]
  name: string
  displayName: string
}

/** Every `tx` is a transaction that holds the user's row. */
export type Passkeys = {
  /** Each verifies its user: two factors in one (NIST SP 800-63B-4 §3.1.7). */
  isFirstFactor: true
  /** Origins whose pages may use our passkeys (`/.well-known/webauthn`). */
  origins: readonly string[]
  /** Options for `navigator.credentials.create()`. */
  startEnrolment(user: Enrolling & Naming): Promise<PublicKeyCredentialCreationOptionsJSON>
  /** @throws Refusal 'challenge-refused', 'passkey-refused' */
  finishEnrolment(made: Enrolling & { response: unknown; name: string }): Promise<NewPasskey>
  /** @throws Refusal 'passkey-taken', 'too-many-passkeys' */
  add(tx: Db, passkey: NewPasskey): Promise<PasskeyView>
  /** Options for `navigator.credentials.get()`. */
  startCheck(use: PasskeyUse): Promise<PublicKeyCredentialRequestOptionsJSON>
  check(attempt: PasskeyAttempt): Promise<PasskeyCheck>
  /**
   * The oldest first.
   *
   * @param db the database, or a transaction whose view counts
   */
  list(db: Db, userId: number): Promise<PasskeyView[]>
  /** Those that can be used here now: a passkey of another relying party id is none. */
  listFactors(db: Db, userId: number): Promise<PasskeyView[]>
  has(userId: number): Promise<boolean>
  /** What authenticators know the user by, base64url; undefined: they were never asked to. */
  findHandle(userId: number): Promise<string | undefined>
  /** False: this user has none with this id. */
  rename(userId: number, id: string, name: string): Promise<boolean>
  /** False: this user has none with this id. */
  remove(tx: Db, userId: number, id: string): Promise<boolean>
  /** Everything of a user goes. */
  removeAllOf(tx: Db, userId: number): Promise<void>
  signals(user: { userId: number } & Naming): Promise<Signals>
  /** Removes expired challenges. @returns how many rows */
  purge(): Promise<number>
}

export type PasskeysDeps = { database: Database; clock: Clock; events: Events; config: { relyingParty: RelyingParty } }

export function createPasskeys({ config, ...rest }: PasskeysDeps): Passkeys {
  const { database, clock } = rest
  const { relyingParty } = config
  const deps = { ...rest, relyingParty }
  const list = async (db: Db, userId: number) => (await store.listPasskeys(db, userId)).map(viewOf)
  const listFactors = async (db: Db, userId: number) =>
    (await list(db, userId)).filter(({ rpId }) => rpId === relyingParty.id)
  return {
    isFirstFactor: true,
    origins: relyingParty.origins,
    startEnrolment: (user) => startEnrolment(deps, user),
    finishEnrolment: (made) => finishEnrolment(deps, made),
    add: (tx, passkey) => addPasskey(deps, tx, passkey),
    startCheck: (use) => startCheck(deps, use),
    check: (attempt) => checkPasskey(deps, attempt),
    list,
    listFactors,
    has: async (userId) => (await listFactors(database.db, userId)).length > 0,
    findHandle: (userId) => store.findHandle(database.db, userId),
    rename: (userId, id, name) => database.statement((db) => store.renamePasskey(db, userId, id, name)),
    remove: store.deletePasskey,
    removeAllOf: store.deleteAllOf,
    async signals({ userId, identifier, displayName }) {
      const accepted = await listFactors(database.db, userId)
      return {
        rpId: relyingParty.id,
        userId: await handleOf(database, userId),
        allAcceptedCredentialIds: accepted.map(({ credentialId }) => credentialId),
        name: identifier,
        displayName,
      }
    },
    purge: () => database.statement((db) => store.deleteExpiredChallenges(db, clock.now())),
  }
}
