/** Hono on Node.js. */
import type { MiddlewareHandler } from 'hono'
import { type BearerOptions, createAuthenticate } from './bearer.ts'
import type { VerifiedToken } from './token.ts'
import type { Verifier } from './verifier.ts'

export type { BearerOptions } from './bearer.ts'

/** What `requireToken` adds to the context: `c.get('verifiedToken')`. */
export type TokenVariables = { verifiedToken: VerifiedToken }

/**
 * A middleware that lets requests with a good access token through and sets `verifiedToken`. It answers 401, 403 or 400 with a
 * challenge, and 503 when nothing can be decided.
 *
 * @throws TypeError when an option is wrong
 */
export function requireToken(
  verifier: Verifier,
  options?: BearerOptions,
): MiddlewareHandler<{ Variables: TokenVariables }> {
  const authenticate = createAuthenticate(verifier, options)
  return async (context, next) => {
    // Several headers of one name come as one, joined by commas (Fetch Standard §2.2.2): no token looks like that.
    const authorization = context.req.header('authorization')
    const outcome = await authenticate(authorization === undefined ? [] : [authorization])
    if (outcome.kind === 'refused') {
      const { status, headers, body } = outcome.answer
      return new Response(body, { status, headers })
    }
    context.set('verifiedToken', outcome.token)
    await next()
    return undefined
  }
}
