import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import { randomSecret } from '../../platform/random.ts'
import { sha256 } from '../../platform/secrets.ts'
import * as store from './store.ts'

/** WebAuthn §13.4.3 asks for 16 bytes at least; ASVS 6.7.2 for 64 bits. */
const CHALLENGE_BYTES = 32

/** WebAuthn §15.1 recommends five minutes for a ceremony. */
export const CHALLENGE_SECONDS = 5 * 60

/** What a challenge is for. One for one thing answers no other. */
export type Purpose = 'enrol' | 'sign-in' | 'second-factor' | 'step-up'

export type ChallengeUse = {
  purpose: Purpose
  /** Whose ceremony it is; undefined at a sign-in, which finds that out. */
  userId: number | undefined
  /** The session or the sign-in attempt that it belongs to; undefined when there is none yet. */
  boundTo: string | undefined
}

export type ChallengeDeps = { database: Database; clock: Clock }

/** A new challenge, as base64url. */
export async function issueChallenge({ database, clock }: ChallengeDeps, use: ChallengeUse): Promise<string> {
  const challenge = randomSecret(CHALLENGE_BYTES).toString('base64url')
  const expiresAt = clock.now() + CHALLENGE_SECONDS * 1000
  await database.statement((db) => store.insertChallenge(db, { ...use, hash: sha256(challenge), expiresAt }))
  return challenge
}

/**
 * Uses a challenge up, before what came with it is looked at: it has one answer, right or wrong. True for the one whose
 * challenge it was: issued for this use, not expired, not spent.
 */
export function spendChallenge(
  { database, clock }: ChallengeDeps,
  use: ChallengeUse,
  challenge: string,
): Promise<boolean> {
  return database.statement((db) => store.spendChallenge(db, { ...use, hash: sha256(challenge) }, clock.now()))
}
