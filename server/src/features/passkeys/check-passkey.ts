import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Origin } from '../../platform/origin.ts'
import { equalSecrets } from '../../platform/secrets.ts'
import type { Events } from '../events/events.ts'
import { CHALLENGE_SECONDS, type ChallengeUse, issueChallenge, spendChallenge } from './challenge.ts'
import { memberOf, readClientData } from './client-data.ts'
import type { PasskeyDeps } from './enrol-passkey.ts'
import type { Passkey } from './passkey.ts'
import * as store from './store.ts'
import { type Asserted, verifyAssertion } from './verify-assertion.ts'

export type CheckDeps = PasskeyDeps & { events: Events }

/** A ceremony that ends with an assertion. */
export type PasskeyUse = ChallengeUse & { purpose: 'sign-in' | 'second-factor' | 'step-up' }

export type PasskeyAttempt = PasskeyUse & { response: unknown; origin: Origin }

export type PasskeyCheck =
  | {
      kind: 'right'
      userId: number
      passkeyId: string
      /** What was proven, in the words of RFC 8176: a key, in hardware or a synchronised one, by an authenticator that verified its user. */
      amr: readonly ['hwk' | 'swk', 'user', 'mfa']
    }
  /** The challenge was not issued for this, has expired, or is spent. */
  | { kind: 'challenge-refused' }
  /** Nobody has it (any more): the page can tell the authenticator so (Signal API, `signalUnknownCredential`). */
  | { kind: 'unknown-passkey' }
  /** `userId`: whoever it is has the key of this user's passkey; null where the signature is not known to be right. */
  | { kind: 'wrong'; userId: number | null }

/** What a browser needs to use a passkey: `PublicKeyCredential.parseRequestOptionsFromJSON` reads it. */
export async function startCheck(deps: CheckDeps, use: PasskeyUse): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { userId } = use
  const known = userId === undefined ? [] : await store.listPasskeys(deps.database.db, userId)
  return {
    challenge: await issueChallenge(deps, use),
    rpId: deps.relyingParty.id,
    timeout: CHALLENGE_SECONDS * 1000,
    userVerification: 'required',
    // Without a user none: the authenticator offers what it has, and nobody learns who is registered (WebAuthn §14.6.2).
    allowCredentials: known.map(({ credentialId, transports }) => ({
      id: credentialId,
      type: 'public-key',
      ...(transports.length > 0 && { transports: transports as AuthenticatorTransport[] }),
    })),
  }
}

type AuthenticatorTransport = 'ble' | 'hybrid' | 'internal' | 'nfc' | 'usb'

/** Whose passkey answered the challenge, and that it did so now, for this use, with its user verified. */
export async function checkPasskey(deps: CheckDeps, attempt: PasskeyAttempt): Promise<PasskeyCheck> {
  const { relyingParty, database } = deps
  const { purpose, userId, boundTo, response } = attempt
  const { challenge = '' } = readClientData(response) ?? {}
  if (!(await spendChallenge(deps, { purpose, userId, boundTo }, challenge))) return { kind: 'challenge-refused' }
  const credentialId = memberOf(response, 'id')
  const passkey = typeof credentialId === 'string' ? await store.findPasskey(database.db, credentialId) : undefined
  if (!passkey) return { kind: 'unknown-passkey' }
  if (!(await belongs(deps, attempt, passkey))) return { kind: 'wrong', userId: null }
  const asserted = await verifyAssertion({ response, challenge, relyingParty, requireUserVerification: true, passkey })
  if (!asserted) return { kind: 'wrong', userId: null }
  const refused = { kind: 'wrong', userId: passkey.userId } as const
  // WebAuthn §7.2 step 19: whether a passkey may be copied is said once and for all.
  if (asserted.isBackupEligible !== passkey.isBackupEligible) return refused
  if (!(await noteUse(deps, attempt, passkey, asserted))) return refused
  const { id: passkeyId, isBackupEligible } = passkey
  return {
    kind: 'right',
    userId: passkey.userId,
    passkeyId,
    amr: [isBackupEligible ? 'swk' : 'hwk', 'user', 'mfa'],
  }
}

/**
 * WebAuthn §7.2 step 6: the user that was known before has the passkey; where none was, the authenticator names its user by
 * the handle, which must be of the one that has the passkey.
 */
async function belongs(
  { database }: CheckDeps,
  { userId, response }: PasskeyAttempt,
  passkey: Passkey,
): Promise<boolean> {
  if (userId !== undefined && userId !== passkey.userId) return false
  const shown = memberOf(memberOf(response, 'response'), 'userHandle') ?? undefined
  if (shown === undefined) return userId !== undefined
  const handle = await store.findHandle(database.db, passkey.userId)
  if (typeof shown !== 'string' || handle === undefined) return false
  return equalSecrets(Buffer.from(shown), Buffer.from(handle))
}

/**
 * WebAuthn §7.2 step 22 and §6.1.1: a counter that did not go up means that two authenticators have the key, or that two
 * answers overtook each other. It is refused and told; the passkey stays, and its user may remove it.
 */
async function noteUse(
  { database, clock, events }: CheckDeps,
  { origin }: PasskeyAttempt,
  passkey: Passkey,
  asserted: Asserted,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const { id, userId } = passkey
    const { signatureCount, isBackedUp } = asserted
    if (await store.notePasskeyUsed(tx, { id, signatureCount, isBackedUp }, clock.now())) return true
    if (!(await store.findPasskey(tx, passkey.credentialId))) return false // removed meanwhile
    const data = { passkeyId: id, storedCount: passkey.signatureCount, shownCount: signatureCount }
    await events.append(tx, {
      type: 'passkey.clone-suspected',
      userId,
      actor: { kind: 'anonymous' }, // of two that have the key, nobody knows which one this is
      origin,
      result: 'failure',
      data,
    })
    return false
  })
}
