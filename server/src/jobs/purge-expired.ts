import type { Limits } from '../features/limits/limits.ts'
import type { Passkeys } from '../features/passkeys/passkeys.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { Totp } from '../features/totp/totp.ts'

const KEPT_MS = 7 * 24 * 3_600_000 // a week, for whoever looks into what happened

/**
 * Sessions and revocations that expired over a week ago go; challenges, enrolments and what limits have forgotten, which nobody
 * looks into, at once.
 *
 * @returns how many rows
 */
export async function purgeExpired({
  sessions,
  limits,
  passkeys,
  totp,
}: {
  sessions: Sessions
  limits: Limits
  passkeys: Passkeys
  totp: Totp
}): Promise<number> {
  const expired = Number(await sessions.purge(KEPT_MS))
  return expired + (await limits.purge()) + (await passkeys.purge()) + (await totp.purge())
}
