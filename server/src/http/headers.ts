import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Headers of every answer. Answers are not cached unless their route says so (RFC 9111 §5.2.2.5). */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    setHeaders(request, reply)
    done()
  })
}

export function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id)
  reply.header('cache-control', 'no-store')
  reply.header('x-content-type-options', 'nosniff')
}
