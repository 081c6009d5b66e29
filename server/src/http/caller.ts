/**
 * Who calls: the user that the access token in the Authorization header speaks for (RFC 6750 §2.1). Nothing else counts. And
 * what they must have proven for a sensitive action (RFC 9470).
 */
import type { FastifyRequest } from 'fastify'
import type { AuthClass } from '../../../contract/claims.ts'
import type { Authenticated, Demand, Sessions } from '../features/sessions/sessions.ts'
import { refused } from '../platform/refusal.ts'

export type Caller = Authenticated

/** @throws Refusal 'token-missing', 'token-refused', 'database-unavailable' */
export type RequireUser = (request: FastifyRequest) => Promise<Caller>

export function createRequireUser({ sessions }: { sessions: Sessions }): RequireUser {
  return async (request) => sessions.authenticate(accessTokenOf(request))
}

/** @throws Refusal 'step-up-required' { acrValues, maxAgeSeconds }: the same request succeeds after a step-up */
export type RequireProof = (caller: Caller) => Promise<void>

export type StepUp = {
  /** The session must have been proven, as strongly as it is, at most so long ago. */
  requireRecent(maxAgeSeconds: number): RequireProof
  /** The session must be of one of these classes, the preferred one first; proven at most so long ago, if that is given. */
  requireAcr(acr: readonly [AuthClass, ...AuthClass[]], maxAgeSeconds?: number): RequireProof
}

/**
 * The session's row is asked, not the token: after a step-up the token at hand serves at once, and the client need not
 * refresh for it. It costs one read, which a sensitive action can bear; and it sees the end of a session on any process.
 */
export function createStepUp({ sessions }: { sessions: Pick<Sessions, 'isProven'> }): StepUp {
  const require = (demand: Demand): RequireProof => {
    const { acr, maxAgeSeconds } = demand
    const facts = { ...(acr && { acrValues: acr }), ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }
    return async ({ sessionId }) => {
      if (!(await sessions.isProven(sessionId, demand))) throw refused('step-up-required', facts)
    }
  }
  return {
    requireRecent: (maxAgeSeconds) => require({ maxAgeSeconds }),
    requireAcr: (acr, maxAgeSeconds) => require({ acr, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }),
  }
}

const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/ // RFC 6750 §2.1: no comma, so no list of credentials

function accessTokenOf({ raw }: FastifyRequest): string {
  // `headers` has the first of several and does not say so: a proxy in front may have looked at another one.
  const given = raw.headersDistinct.authorization ?? []
  if (given.length > 1) throw refused('token-refused', { reason: 'invalid' })
  const [, scheme = '', token = ''] = /^(\S*) *(.*)$/.exec(given[0] ?? '') ?? []
  if (scheme.toLowerCase() !== 'bearer') throw refused('token-missing') // RFC 9110 §11.1: a scheme has no case
  if (!TOKEN.test(token)) throw refused('token-refused', { reason: 'invalid' })
  return token
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on the routes that ask who calls. */
    caller: Caller | null
  }
}

/** The caller of a route that asks who calls. */
export function callerOf({ caller }: { caller: Caller | null }): Caller {
  if (!caller) throw new TypeError('a route that does not ask who calls has no caller')
  return caller
}
