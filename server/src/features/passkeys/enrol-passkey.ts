import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Db } from '../../platform/db.ts'
import { randomId } from '../../platform/random.ts'
import { refused } from '../../platform/refusal.ts'
import { CHALLENGE_SECONDS, type ChallengeDeps, issueChallenge, spendChallenge } from './challenge.ts'
import { readClientData } from './client-data.ts'
import type { NewPasskey, PasskeyView, RelyingParty } from './passkey.ts'
import * as store from './store.ts'
import { handleOf } from './user-handle.ts'
import { ALGORITHMS, verifyRegistration } from './verify-registration.ts'
import { viewOf } from './view.ts'

/** Far more than a person has devices and password managers; it bounds what a sign-in has to list. */
export const MOST_PASSKEYS = 25

export type PasskeyDeps = ChallengeDeps & { relyingParty: RelyingParty }

/** Whose enrolment it is, and which session of theirs does it. */
export type Enrolling = { userId: number; sessionId: string | undefined }

/** How an authenticator names the user to the user: never to us. */
export type Naming = { identifier: string; displayName: string }

/** What a browser needs to make a passkey: `PublicKeyCredential.parseCreationOptionsFromJSON` reads it. */
export async function startEnrolment(
  deps: PasskeyDeps,
  { userId, sessionId, identifier, displayName }: Enrolling & Naming,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { database, relyingParty } = deps
  const handle = await handleOf(database, userId)
  const present = await store.listPasskeys(database.db, userId)
  const challenge = await issueChallenge(deps, { purpose: 'enrol', userId, boundTo: sessionId })
  return {
    challenge,
    rp: { id: relyingParty.id, name: relyingParty.name },
    user: { id: handle, name: identifier, displayName },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
    timeout: CHALLENGE_SECONDS * 1000,
    attestation: 'none',
    // An authenticator that has one already makes no second one (WebAuthn §5.4).
    excludeCredentials: present.map(({ credentialId }) => ({ id: credentialId, type: 'public-key' })),
    authenticatorSelection: {
      residentKey: 'required', // so that a sign-in needs no name
      requireResidentKey: true,
      userVerification: 'required', // so that it is enough by itself (NIST SP 800-63B-4 §3.1.7)
    },
    extensions: { credProps: true },
  }
}

/**
 * Verifies what the browser made.
 *
 * @throws Refusal 'challenge-refused' when this session began no such ceremony, or it has expired or ended;
 *   'passkey-refused' when anything else is wrong with it
 */
export async function finishEnrolment(
  deps: PasskeyDeps,
  { userId, sessionId, response, name }: Enrolling & { response: unknown; name: string },
): Promise<NewPasskey> {
  const { challenge = '' } = readClientData(response) ?? {}
  const isOurs = await spendChallenge(deps, { purpose: 'enrol', userId, boundTo: sessionId }, challenge)
  if (!isOurs) throw refused('challenge-refused')
  const { relyingParty } = deps
  const registered = await verifyRegistration({ response, challenge, relyingParty, requireUserVerification: true })
  if (!registered) throw refused('passkey-refused')
  return { ...registered, userId, name }
}

/**
 * Keeps a verified passkey, in a transaction that holds the user's row.
 *
 * @throws Refusal 'passkey-taken' when somebody has it (WebAuthn §7.1 step 26); 'too-many-passkeys'
 */
export async function addPasskey({ clock }: PasskeyDeps, tx: Db, passkey: NewPasskey): Promise<PasskeyView> {
  const present = await store.listPasskeys(tx, passkey.userId)
  if (present.length >= MOST_PASSKEYS) throw refused('too-many-passkeys', { most: MOST_PASSKEYS })
  const added = { ...passkey, id: randomId(), createdAt: clock.now(), lastUsedAt: null }
  try {
    await store.insertPasskey(tx, added)
  } catch (error) {
    if (error instanceof UniqueViolation) throw refused('passkey-taken')
    throw error
  }
  return viewOf(added)
}
