import type { Tokens } from './answers.ts'
import { elapsed, type Reading } from './device-time.ts'

/** An access token in memory, and how long it lives from a moment of the device on. */
export type AccessToken = {
  readonly token: string
  readonly sessionId: string
  /** Which rotation of the session it came with: the higher, the newer. */
  readonly generation: number
  /** `exp` − `iat`: the service's clock measures it alone. */
  readonly lifetimeMs: number
  /** The moment before it was asked for: it is a little younger than we think. */
  readonly since: Reading
}

/** The access token of an answer. `since`: the moment before the answer was asked for. */
export function toAccessToken(
  { access, claims }: Pick<Tokens, 'access' | 'claims'>,
  generation: number,
  since: Reading,
): AccessToken {
  const lifetimeMs = (claims.exp - claims.iat) * 1000
  return { token: access, sessionId: claims.sid, generation, lifetimeMs, since }
}

/** `fresh`: use it. `due`: use it, and get the next one. `spent`: get the next one first. */
export type Age = 'fresh' | 'due' | 'spent'

const DUE_BEFORE_MS = 60_000 // leaves a service that is away for a moment time to come back
const SPENT_BEFORE_MS = 5_000 // a request that carries it must still arrive

export function ageOf(access: AccessToken, now: Reading): Age {
  const left = access.lifetimeMs - elapsed(access.since, now)
  if (left <= Math.min(SPENT_BEFORE_MS, access.lifetimeMs / 6)) return 'spent'
  return left <= dueBefore(access) ? 'due' : 'fresh'
}

/** Whole milliseconds until it is due. */
export function dueIn(access: AccessToken, now: Reading): number {
  return Math.max(0, Math.ceil(access.lifetimeMs - dueBefore(access) - elapsed(access.since, now)))
}

const dueBefore = ({ lifetimeMs }: AccessToken) => Math.min(DUE_BEFORE_MS, lifetimeMs / 3)
