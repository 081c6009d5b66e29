import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import { randomId, randomSecret } from '../../platform/random.ts'
import { refused } from '../../platform/refusal.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { toBase32 } from './base32.ts'
import { enrolmentAddress } from './enrolment-address.ts'
import { findStep, readCode, SECRET_BYTES } from './one-time-password.ts'
import * as store from './store.ts'

const ENROLMENT_SECONDS = 10 * 60 // to fetch the phone, install an app and scan

export type EnrolDeps = { clock: Clock; sealer: Sealer; issuer: string }

/** Whose enrolment it is, and which session of theirs does it. */
export type Enrolling = { userId: number; sessionId: string | undefined }

export type StartedEnrolment = {
  /** In base 32, to be typed where no camera is. */
  secret: string
  /** An `otpauth:` address, to be shown as a QR code. */
  address: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

export const contextOf = ({ userId, id }: store.TotpKey) => `totp:${userId}:${id}`

/** Makes a secret for an app, in a transaction that holds the user's row. One that was begun before is void. */
export async function startEnrolment(
  { clock, sealer, issuer }: EnrolDeps,
  tx: Db,
  { userId, sessionId, identifier }: Enrolling & { identifier: string },
): Promise<StartedEnrolment> {
  const id = randomId()
  const secret = randomSecret(SECRET_BYTES)
  const expiresAt = clock.now() + ENROLMENT_SECONDS * 1000
  await store.deleteEnrolmentsOf(tx, userId)
  const secretSealed = sealer.seal(secret, contextOf({ userId, id }))
  await store.insertEnrolment(tx, { id, userId, sessionId, secretSealed, expiresAt })
  return { secret: toBase32(secret), address: enrolmentAddress({ secret, issuer, identifier }), expiresAt }
}

/**
 * Enrols the app whose code proves that it has the secret, in a transaction that holds the user's row. It takes the place
 * of the one before. The code is used up: it is no proof at a sign-in any more.
 *
 * @returns whether it took the place of another one
 * @throws Refusal 'enrolment-expired' when this session has begun none, or it has expired or ended; 'totp-code-refused'
 */
export async function finishEnrolment(
  { clock, sealer }: EnrolDeps,
  tx: Db,
  { userId, sessionId, code }: Enrolling & { code: string },
): Promise<{ hasReplaced: boolean }> {
  const now = clock.now()
  const enrolment = await store.findEnrolment(tx, userId, sessionId, now)
  if (!enrolment) throw refused('enrolment-expired')
  const { id, secretSealed } = enrolment
  const secret = sealer.open(secretSealed, contextOf({ userId, id }))
  const step = findStep({ secret, lastStep: null }, readCode(code) ?? '', now)
  // Without a limit of tries: whoever began the enrolment was shown the secret.
  if (step === undefined) throw refused('totp-code-refused')
  if (!(await store.deleteEnrolment(tx, userId, id))) throw refused('enrolment-expired')
  const hasReplaced = await store.deleteTotp(tx, userId)
  await store.insertTotp(tx, { id, userId, secretSealed, enrolledAt: now, lastStep: step })
  return { hasReplaced }
}
