import type { Passkeys } from '../features/passkeys/passkeys.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { Totp } from '../features/totp/totp.ts'

const KEPT_MS = 7 * 24 * 3_600_000 // a week, for whoever looks into what happened

/**
 * Sessions and revocations that expired over a week ago go; challenges and enrolments, which nobody looks into, at once.
 *
 * @returns how many rows
 */
export async function purgeExpired({
  sessions,
  passkeys,
  totp,
}: {
  sessions: Sessions
  passkeys: Passkeys
  totp: Totp
}): Promise<number> {
  return Number(await sessions.purge(KEPT_MS)) + (await passkeys.purge()) + (await totp.purge())
}
