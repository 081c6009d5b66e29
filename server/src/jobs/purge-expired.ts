import type { Email } from '../features/email/email.ts'
import type { Limits } from '../features/limits/limits.ts'
import type { Passkeys } from '../features/passkeys/passkeys.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { SignIn } from '../features/sign-in/sign-in.ts'
import type { Totp } from '../features/totp/totp.ts'
import type { Webhooks } from '../features/webhooks/webhooks.ts'

const KEPT_MS = 7 * 24 * 3_600_000 // a week, for whoever looks into what happened

const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000 // time to see that some were given up, and to send them again

/** What is purged. */
export type Purged = {
  sessions: Sessions
  limits: Limits
  email: Email
  passkeys: Passkeys
  totp: Totp
  signIn: SignIn
  webhooks: Webhooks
}

/**
 * Sessions and revocations that expired over a week ago go; at once what limits have forgotten, and challenges, enrolments
 * and half sign-ins that have expired; codes of mails a day later; after a month what became of webhooks.
 *
 * @returns how many rows
 */
export async function purgeExpired(purged: Purged): Promise<number> {
  const { sessions, limits, email, passkeys, totp, signIn, webhooks } = purged
  const rows: (number | bigint)[] = [await sessions.purge(KEPT_MS), await limits.purge(), await email.purge()]
  rows.push(await passkeys.purge())
  rows.push(await totp.purge(), await signIn.purge(), await webhooks.purge(DELIVERIES_KEPT_MS))
  return rows.reduce<number>((sum, count) => sum + Number(count), 0)
}
