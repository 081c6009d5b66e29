import type { Email } from '../features/email/email.ts'
import type { Sessions } from '../features/sessions/sessions.ts'

const KEPT_MS = 7 * 24 * 3_600_000 // a week, for whoever looks into what happened

/** Sessions and revocations that expired over a week ago go, and codes and mails that nobody needs. @returns how many rows */
export async function purgeExpired({ sessions, email }: { sessions: Sessions; email: Email }): Promise<number> {
  return Number(await sessions.purge(KEPT_MS)) + (await email.purge())
}
