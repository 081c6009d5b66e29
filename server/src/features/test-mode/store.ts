/** The one place that writes tables of others: it empties them. */
import type { Db } from '../../platform/db.ts'
import type { Tables } from '../../platform/tables.ts'

/** What becomes of each table at a reset. */
const fates: Readonly<Record<keyof Tables, 'emptied' | 'kept'>> = {
  user: 'emptied',
  account_deletion: 'emptied',
  password: 'emptied',
  passkey: 'emptied',
  user_handle: 'emptied',
  webauthn_challenge: 'emptied',
  totp: 'emptied',
  totp_enrolment: 'emptied',
  recovery_code_set: 'emptied',
  recovery_code: 'emptied',
  sign_in_attempt: 'emptied',
  session: 'emptied',
  user_role: 'emptied',
  mail: 'emptied',
  email_code: 'emptied',
  refused_code: 'emptied',
  rate_bucket: 'emptied',
  spent_challenge: 'emptied',
  /** A chain of hashes that others may hold the end of. With the users went the keys of what was personal in it. */
  event: 'kept',
  person_key: 'kept',
  event_head: 'kept',
  event_consumer: 'kept',
  checkpoint: 'kept',
  checkpoint_key: 'kept',
  event_retention: 'kept',
  /** What was told of it: until it has arrived. */
  webhook_delivery: 'kept',
  /** How the service is set up. */
  webhook_endpoint: 'kept',
  signing_key: 'kept',
  role: 'kept',
  /** Tokens of before stay refused. */
  revocation: 'kept',
  /** A bit of the status lists is never given again. */
  status_index: 'kept',
}

export async function emptyTables(tx: Db): Promise<void> {
  for (const [table, fate] of Object.entries(fates) as [keyof Tables, string][])
    if (fate === 'emptied') await tx.deleteFrom(table).execute()
}
