/** One line a request, written when it has been answered. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RefusalCode } from '../../../contract/problems.ts'
import type { Logger } from '../platform/logger.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request was refused, once that is known. */
    refusalCode: RefusalCode | null
  }
  interface FastifyContextConfig {
    /** Successes of this route are logged at `debug` only: there are thousands of them a second. */
    isQuiet?: boolean
  }
}

/** Route options of a route whose successes nobody wants to read. */
export const quiet = { config: { isQuiet: true } } as const

/** Notes why a request is refused, and sees to it that its line is written, also on a quiet route or on none. */
export type NoteRefusal = (request: FastifyRequest, reply: FastifyReply, code: RefusalCode) => void

/**
 * Gives every route a hook that writes its line, but not the quiet ones: Fastify listens to the end of each answer of a route
 * that has such a hook, and quiet routes are those where that counts.
 */
export function registerSummaryLog(
  app: FastifyInstance,
  { logger, isDebug }: { logger: Logger; isDebug: boolean },
): NoteRefusal {
  const lines = logger.ofKnownFields?.() ?? logger
  app.decorateRequest('refusalCode', null)
  app.addHook('onRoute', (route) => {
    const level = route.config?.isQuiet ? 'debug' : 'info'
    if (level === 'debug' && !isDebug) return
    route.onResponse = async (request, reply) => lines[level](summaryOf(request, reply), 'request')
  })
  return (request, reply, code) => {
    request.refusalCode = code
    const hasHook = !request.is404 && (isDebug || !request.routeOptions.config.isQuiet)
    if (!hasHook) reply.raw.once('finish', () => lines.info(summaryOf(request, reply), 'request'))
  }
}

// The route, not the address: an address may carry what nobody should read in a log.
function summaryOf(request: FastifyRequest, reply: FastifyReply): object {
  return {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? null,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    address: request.ip,
    ...(request.refusalCode ? { refusal: request.refusalCode } : {}),
  }
}
