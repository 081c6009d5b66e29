import { type Kysely, MysqlAdapter, sql } from 'kysely'

/**
 * What belongs to a user who is erased, and what has expired, is found without looking at what stays. Sessions have no index of
 * when they expire, on purpose: each refresh would write it.
 */
const indexes = {
  mail_by_user: ['mail', 'user_id'],
  email_code_by_user: ['email_code', 'user_id'],
  webauthn_challenge_by_user: ['webauthn_challenge', 'user_id'],
  webauthn_challenge_by_expiry: ['webauthn_challenge', 'expires_at'],
  sign_in_attempt_by_user: ['sign_in_attempt', 'user_id'],
  sign_in_attempt_by_expiry: ['sign_in_attempt', 'expires_at'],
  totp_enrolment_by_expiry: ['totp_enrolment', 'expires_at'],
  spent_challenge_by_expiry: ['spent_challenge', 'expires_at'],
  revocation_by_expiry: ['revocation', 'expires_at'],
  user_role_by_role: ['user_role', 'role'],
} as const

export async function up(db: Kysely<unknown>): Promise<void> {
  const isMysql = db.getExecutor().adapter instanceof MysqlAdapter
  for (const [name, [table, column]] of Object.entries(indexes)) {
    // MySQL has no `create index if not exists`, and its DDL commits: a step that was cut off may find an index made.
    if (isMysql && (await isMade(db, table, name))) continue
    await db.schema.createIndex(name).on(table).column(column).execute()
  }
}

async function isMade(db: Kysely<unknown>, table: string, name: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = ${table} and index_name = ${name} limit 1`.execute(db)
  return rows.length > 0
}
