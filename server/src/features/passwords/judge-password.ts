import type { Blocklist } from './blocklist.ts'
import type { BreachCheck } from './breached-passwords.ts'
import { type AboutUser, hasBlocklist, type PasswordPolicy, reasonsAgainst } from './policy.ts'

/**
 * Why a password that somebody chose is refused, in words; empty = accepted. What is refused anyway is not looked up among
 * breached ones, so that nothing of it leaves the process.
 */
export async function judgePassword(
  deps: { policy: PasswordPolicy; blocklist: Blocklist; checkBreaches: BreachCheck | undefined },
  password: string,
  about: AboutUser,
): Promise<readonly string[]> {
  const { policy, blocklist, checkBreaches } = deps
  if (!hasBlocklist(policy)) return reasonsAgainst(policy, password, about, () => false)
  const reasons = reasonsAgainst(policy, password, about, await blocklist.load())
  if (reasons.length > 0 || !checkBreaches) return reasons
  return checkBreaches(password)
}
