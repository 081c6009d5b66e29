import { isLogoutDone } from './answers.ts'
import { AuthError } from './auth-error.ts'
import type { Call } from './calls.ts'
import { isOnline } from './page.ts'
import { jittered } from './retry.ts'
import { pause } from './timer.ts'

export type LogoutOutcome =
  /** The session has ended: nobody can use its tokens any more. */
  | { readonly kind: 'ended' }
  /** This browser has forgotten it. The service could not be told: its tokens work until they expire. */
  | { readonly kind: 'only-here'; readonly cause: unknown }

const TRIES = 3 // nobody else has the token any more: if not now, then never
const TIMEOUT_MS = 3_000
const WAIT_MS = 500

/** Ends the session of a refresh token at the service. A page that goes away does not cut the request off. */
export async function endSession(call: Call, refreshToken: string): Promise<LogoutOutcome> {
  for (let tries = 1; ; tries++) {
    const cause = await tryOnce(call, refreshToken)
    if (!cause) return { kind: 'ended' }
    if (tries === TRIES || !isOnline()) return { kind: 'only-here', cause }
    await pause(jittered(WAIT_MS * tries, Math.random()))
  }
}

/** @returns why the session has not ended */
async function tryOnce(call: Call, refresh: string): Promise<Error | undefined> {
  try {
    const answer = await call('/api/logout', { refresh }, { timeoutMs: TIMEOUT_MS, keepalive: true })
    return isLogoutDone(answer) ? undefined : new Error(`the service answered with status ${answer.status}`)
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return error
  }
}
