/** Who calls: the user that the access token in the Authorization header speaks for (RFC 6750 §2.1). Nothing else counts. */
import type { FastifyRequest } from 'fastify'
import type { Authenticated, Sessions } from '../features/sessions/sessions.ts'
import { refused } from '../platform/refusal.ts'

export type Caller = Authenticated

/** @throws Refusal 'token-missing', 'token-refused', 'database-unavailable' */
export type RequireUser = (request: FastifyRequest) => Promise<Caller>

export function createRequireUser({ sessions }: { sessions: Sessions }): RequireUser {
  return async (request) => sessions.authenticate(accessTokenOf(request))
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
