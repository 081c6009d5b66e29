/** What becomes of an error that a route throws: what the log says, and what all doors do alike before each answers as it does. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../platform/logger.ts'
import { Refusal } from '../platform/refusal.ts'
import { refusalOfFramework } from './problems.ts'
import type { NoteRefusal } from './summary-log.ts'

/** How a door says it. */
export type Dialect = {
  refusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply
  /** An error that nobody expected: 500, and nothing of why. */
  unknown(request: FastifyRequest, reply: FastifyReply): FastifyReply
}

export function registerFailures(
  app: FastifyInstance,
  { logger, noteRefusal }: { logger: Logger; noteRefusal: NoteRefusal },
  say: Dialect,
): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = error instanceof Refusal ? error : refusalOfFramework(error)
    if (!refusal) {
      logger.error({ err: error, requestId: request.id }, 'request failed')
      return say.unknown(request, reply)
    }
    if (refusal.cause)
      logger.warn({ err: refusal.cause, requestId: request.id, refusal: refusal.code }, 'request refused')
    if (refusal.code === 'body-too-large') hearOut(request, reply)
    noteRefusal(request, reply, refusal.code)
    return say.refusal(request, reply, refusal)
  })
}

/**
 * The rest of a body is thrown away unread rather than the connection closed: who is still sending would be told of a broken
 * connection, and might never see the answer (RFC 9112 §9.6). `requestTimeout` ends a body that never does.
 */
function hearOut(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection') // the framework wants to close
  request.raw.resume()
}
