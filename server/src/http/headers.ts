import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Headers of every answer. Answers are not cached unless their route says so (RFC 9111 §5.2.2.5). */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    setHeaders(request, reply)
    done()
  })
}

export function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(fixedHeaders(request.id))
}

export function fixedHeaders(requestId: string) {
  return { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const
}
