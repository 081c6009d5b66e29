/** Fastify 4 and 5. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { authorizationOf, type BearerOptions, createAuthenticate } from './bearer.ts'
import type { VerifiedToken } from './token.ts'
import type { Verifier } from './verifier.ts'

export type { BearerOptions } from './bearer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireToken`. */
    verifiedToken?: VerifiedToken
  }
}

/**
 * An `onRequest` hook, for an instance or a route, that lets requests with a good access token through and puts it on
 * `request.verifiedToken`. It answers 401, 403 or 400 with a challenge, and 503 when nothing can be decided.
 *
 * @throws TypeError when an option is wrong
 */
export function requireToken(
  verifier: Verifier,
  options?: BearerOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  const authenticate = createAuthenticate(verifier, options)
  return async (request, reply) => {
    const outcome = await authenticate(authorizationOf(request.raw))
    if (outcome.kind === 'refused') {
      const { status, headers, body } = outcome.answer
      return reply.code(status).headers(headers).send(body)
    }
    request.verifiedToken = outcome.token
    return undefined
  }
}
