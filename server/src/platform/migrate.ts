/** Brings the schema up to date: one list of steps for all databases, run under a lock that starting processes respect. */
import { type Migration, Migrator } from 'kysely/migration'
import type { DatabaseAddress } from './database-url.ts'
import { type Database, type Db, openDatabase } from './db.ts'
import * as user from './migrations/2026-11-23-0001-user.ts'
import * as password from './migrations/2026-11-23-0002-password.ts'
import * as signingKey from './migrations/2026-11-23-0003-signing-key.ts'
import * as session from './migrations/2026-11-23-0004-session.ts'
import * as sessionByUser from './migrations/2026-11-23-0005-session-by-user.ts'
import * as revocation from './migrations/2026-11-23-0006-revocation.ts'
import * as passwordByScheme from './migrations/2026-11-23-0007-password-by-scheme.ts'
import * as sessionProof from './migrations/2026-11-25-0010-session-proof.ts'
import * as statusIndex from './migrations/2026-11-25-0011-status-index.ts'
import * as sessionStatusIndex from './migrations/2026-11-25-0012-session-status-index.ts'
import * as sessionClaimsVersion from './migrations/2026-11-25-0014-session-claims-version.ts'
import * as event from './migrations/2026-11-25-0020-event.ts'
import * as eventChain from './migrations/2026-11-25-0021-event-chain.ts'
import * as personKey from './migrations/2026-11-25-0022-person-key.ts'
import * as eventHead from './migrations/2026-11-25-0023-event-head.ts'
import * as eventConsumer from './migrations/2026-11-25-0024-event-consumer.ts'
import * as checkpoint from './migrations/2026-11-25-0025-checkpoint.ts'
import * as checkpointKey from './migrations/2026-11-25-0026-checkpoint-key.ts'
import * as webhookEndpoint from './migrations/2026-11-25-0027-webhook-endpoint.ts'
import * as webhookDelivery from './migrations/2026-11-25-0028-webhook-delivery.ts'
import * as webhookDeliveryIndexes from './migrations/2026-11-25-0029-webhook-delivery-indexes.ts'
import * as rateBucket from './migrations/2026-11-25-0030-rate-bucket.ts'
import * as rateBucketByExpiry from './migrations/2026-11-25-0031-rate-bucket-by-expiry.ts'
import * as spentChallenge from './migrations/2026-11-25-0032-spent-challenge.ts'
import * as rateBucketByAccount from './migrations/2026-11-25-0033-rate-bucket-by-account.ts'
import * as userEmailVerifiedAt from './migrations/2026-11-25-0040-user-email-verified-at.ts'
import * as userLocale from './migrations/2026-11-25-0041-user-locale.ts'
import * as mail from './migrations/2026-11-25-0042-mail.ts'
import * as mailByDue from './migrations/2026-11-25-0043-mail-by-due.ts'
import * as emailCode from './migrations/2026-11-25-0044-email-code.ts'
import * as emailCodeByExpiry from './migrations/2026-11-25-0045-email-code-by-expiry.ts'
import * as totp from './migrations/2026-11-25-0050-totp.ts'
import * as totpEnrolment from './migrations/2026-11-25-0051-totp-enrolment.ts'
import * as recoveryCodeSet from './migrations/2026-11-25-0052-recovery-code-set.ts'
import * as recoveryCode from './migrations/2026-11-25-0053-recovery-code.ts'
import * as passkey from './migrations/2026-11-25-0054-passkey.ts'
import * as passkeyByUser from './migrations/2026-11-25-0055-passkey-by-user.ts'
import * as userHandle from './migrations/2026-11-25-0056-user-handle.ts'
import * as webauthnChallenge from './migrations/2026-11-25-0057-webauthn-challenge.ts'
import * as role from './migrations/2026-11-25-0070-role.ts'
import * as userRole from './migrations/2026-11-25-0071-user-role.ts'
import * as signInAttempt from './migrations/2026-11-25-0090-sign-in-attempt.ts'
import * as userSecondFactor from './migrations/2026-11-25-0091-user-second-factor.ts'
import * as userAwaitsProof from './migrations/2026-11-25-0092-user-awaits-proof.ts'
import * as eventRetention from './migrations/2026-11-28-0010-event-retention.ts'
import * as sessionTokenHash from './migrations/2026-11-28-0015-session-token-hash.ts'
import * as accountDeletion from './migrations/2026-11-28-0020-account-deletion.ts'
import * as accountDeletionByDue from './migrations/2026-11-28-0021-account-deletion-by-due.ts'
import * as eventByType from './migrations/2026-11-28-0030-event-by-type.ts'
import * as erasingAndPurging from './migrations/2026-11-28-0040-indexes-of-erasing-and-purging.ts'
import * as refusedCode from './migrations/2026-11-28-0060-refused-code.ts'

/** In order, for ever: a step that was released is never changed or removed. */
const migrations: Record<string, Migration> = {
  '2026-11-23-0001-user': user,
  '2026-11-23-0002-password': password,
  '2026-11-23-0003-signing-key': signingKey,
  '2026-11-23-0004-session': session,
  '2026-11-23-0005-session-by-user': sessionByUser,
  '2026-11-23-0006-revocation': revocation,
  '2026-11-23-0007-password-by-scheme': passwordByScheme,
  '2026-11-25-0010-session-proof': sessionProof,
  '2026-11-25-0011-status-index': statusIndex,
  '2026-11-25-0012-session-status-index': sessionStatusIndex,
  '2026-11-25-0014-session-claims-version': sessionClaimsVersion,
  '2026-11-25-0020-event': event,
  '2026-11-25-0021-event-chain': eventChain,
  '2026-11-25-0022-person-key': personKey,
  '2026-11-25-0023-event-head': eventHead,
  '2026-11-25-0024-event-consumer': eventConsumer,
  '2026-11-25-0025-checkpoint': checkpoint,
  '2026-11-25-0026-checkpoint-key': checkpointKey,
  '2026-11-25-0027-webhook-endpoint': webhookEndpoint,
  '2026-11-25-0028-webhook-delivery': webhookDelivery,
  '2026-11-25-0029-webhook-delivery-indexes': webhookDeliveryIndexes,
  '2026-11-25-0030-rate-bucket': rateBucket,
  '2026-11-25-0031-rate-bucket-by-expiry': rateBucketByExpiry,
  '2026-11-25-0032-spent-challenge': spentChallenge,
  '2026-11-25-0033-rate-bucket-by-account': rateBucketByAccount,
  '2026-11-25-0040-user-email-verified-at': userEmailVerifiedAt,
  '2026-11-25-0041-user-locale': userLocale,
  '2026-11-25-0042-mail': mail,
  '2026-11-25-0043-mail-by-due': mailByDue,
  '2026-11-25-0044-email-code': emailCode,
  '2026-11-25-0045-email-code-by-expiry': emailCodeByExpiry,
  '2026-11-25-0050-totp': totp,
  '2026-11-25-0051-totp-enrolment': totpEnrolment,
  '2026-11-25-0052-recovery-code-set': recoveryCodeSet,
  '2026-11-25-0053-recovery-code': recoveryCode,
  '2026-11-25-0054-passkey': passkey,
  '2026-11-25-0055-passkey-by-user': passkeyByUser,
  '2026-11-25-0056-user-handle': userHandle,
  '2026-11-25-0057-webauthn-challenge': webauthnChallenge,
  '2026-11-25-0070-role': role,
  '2026-11-25-0071-user-role': userRole,
  '2026-11-25-0090-sign-in-attempt': signInAttempt,
  '2026-11-25-0091-user-second-factor': userSecondFactor,
  '2026-11-25-0092-user-awaits-proof': userAwaitsProof,
  '2026-11-28-0010-event-retention': eventRetention,
  '2026-11-28-0015-session-token-hash': sessionTokenHash,
  '2026-11-28-0020-account-deletion': accountDeletion,
  '2026-11-28-0021-account-deletion-by-due': accountDeletionByDue,
  '2026-11-28-0030-event-by-type': eventByType,
  '2026-11-28-0040-indexes-of-erasing-and-purging': erasingAndPurging,
  '2026-11-28-0060-refused-code': refusedCode,
}

export type MigrationStatus = { name: string; executedAt: Date | undefined }

/** Each step and when it was run here. Works on an empty database. */
export async function migrationStatus(db: Db): Promise<MigrationStatus[]> {
  const known = await migratorOf(db).getMigrations()
  return known.map(({ name, executedAt }) => ({ name, executedAt }))
}

/**
 * Runs the steps that have not been run. Steps that a newer release has run already are left alone: old code runs on the
 * new schema.
 *
 * @returns the names of the steps that were run now
 */
export async function migrate(db: Db): Promise<string[]> {
  const pending = (await migrationStatus(db)).filter(({ executedAt }) => !executedAt)
  if (pending.length === 0) return []
  const { error, results = [] } = await migratorOf(db).migrateToLatest()
  if (error) throw error
  return results.map(({ migrationName }) => migrationName)
}

/**
 * The same for a database that is not open yet. Steps, and the wait for somebody who runs them now, may take longer than any
 * other statement; whether there is one to run is asked like anything else, so that nobody waits for a database that hangs.
 *
 * @returns the names of the steps that were run now
 * @throws Refusal 'database-unavailable'
 */
export async function bringUpToDate(address: DatabaseAddress): Promise<string[]> {
  const steps = await using(openDatabase(address, 1), migrationStatus)
  if (steps.every(({ executedAt }) => executedAt)) return []
  return using(openDatabase(address, 1, { isPatient: true }), migrate)
}

function using<T>(database: Database, work: (db: Db) => Promise<T>): Promise<T> {
  return work(database.db).finally(() => database.close())
}

function migratorOf(db: Db): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
  })
}
