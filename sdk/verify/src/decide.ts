/** The decision about a token from what is known at this moment. Nothing here waits. */
import { type Moment, readClock } from './clock.ts'
import { createJwsReader } from './jws.ts'
import type { Keys } from './keys.ts'
import type { Settings } from './options.ts'
import { applyRequirements, type Requirements } from './requirements.ts'
import type { Revocations } from './revocations.ts'
import { checkTimes, readToken, type VerifiedToken } from './token.ts'
import type { TokenCache } from './token-cache.ts'
import { TokenError } from './token-error.ts'
import type { Warn } from './warning.ts'

type Deps = {
  settings: Settings
  keys: Keys
  /** Undefined: off. */
  revocations: Revocations | undefined
  cache: TokenCache<VerifiedToken>
  warn: Warn
}

/** @throws TokenError; 'unknown-key' also for a key that is only new */
export type Decide = (text: string, requirements?: Requirements) => VerifiedToken

export function createDecide({ settings, keys, revocations, cache, warn }: Deps): Decide {
  const { clock, issuer, audience, tokenTypes, headerTypes, maxTokenCharacters } = settings
  const tolerance = settings.clockToleranceSeconds
  const readJws = createJwsReader({ findKey: keys.find, headerTypes })
  const rules = { issuer, audience, tokenTypes, isSessionRequired: revocations !== undefined }
  let isStaleTold = false

  function checkSession({ sessionId = '' }: VerifiedToken, { has, isFresh }: Revocations, now: Moment): void {
    if (has(sessionId)) throw new TokenError('revoked')
    const isStale = !isFresh(now)
    if (isStale && !settings.isFailOpen) throw new TokenError('unavailable')
    if (isStale && !isStaleTold) warn('revocations-stale')
    isStaleTold = isStale
  }

  return (text, requirements) => {
    // First of all: even looking it up would read all of it (CVE-2026-48525).
    const isShort = typeof text === 'string' && text.length <= maxTokenCharacters
    if (!isShort) throw new TokenError('malformed')
    const now = readClock(clock)
    if (!keys.isUsable(now)) throw new TokenError('unavailable')
    const known = cache.find(text)
    const token = known ?? readToken(readJws(text), rules)
    // From here on everything is judged at every call, remembered or not.
    checkTimes(token, now.wall / 1000, tolerance)
    if (revocations) checkSession(token, revocations, now)
    if (!known) cache.add(text, token)
    if (requirements) applyRequirements(token, requirements, now.wall / 1000, tolerance)
    return token
  }
}
