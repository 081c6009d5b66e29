/** Express 4 and 5, and everything else that speaks Connect. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { authorizationOf, type BearerOptions, createAuthenticate } from './bearer.ts'
import type { VerifiedToken } from './token.ts'
import type { Verifier } from './verifier.ts'

export type { BearerOptions } from './bearer.ts'

declare global {
  // biome-ignore lint/style/noNamespace: the types of Express can be extended only there
  namespace Express {
    interface Request {
      /** Set by `requireToken`. */
      verifiedToken?: VerifiedToken
    }
  }
}

type Handler = (
  request: IncomingMessage & { verifiedToken?: VerifiedToken },
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * A middleware that lets requests with a good access token through and puts it on `request.verifiedToken`. It answers 401, 403
 * or 400 with a challenge, and 503 when nothing can be decided.
 *
 * @throws TypeError when an option is wrong
 */
export function requireToken(verifier: Verifier, options?: BearerOptions): Handler {
  const authenticate = createAuthenticate(verifier, options)
  return (request, response, next) => {
    authenticate(authorizationOf(request)).then((outcome) => {
      if (outcome.kind === 'verified') {
        request.verifiedToken = outcome.token
        return next()
      }
      const { status, headers, body } = outcome.answer
      response.writeHead(status, headers).end(body)
    }, next)
  }
}
