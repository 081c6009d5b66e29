/** What no hook and no route ever sees: bytes that are no HTTP, headers beyond the limit, addresses that cannot be decoded. */
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RefusalCode } from '../../../contract/problems.ts'
import type { Logger } from '../platform/logger.ts'
import { refused } from '../platform/refusal.ts'
import { setHeaders } from './headers.ts'

// Not imported: an ES module that names it makes Node load its own `fetch` too, 4 MB for nothing.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

import { nextRequestId } from './origin.ts'
import { problemOf, refusalOfFramework, sendProblem } from './problems.ts'

type ConnectionError = Error & { code?: string }

// What Node's parser says, by its codes; everything else is bytes that are no HTTP.
const connectionRefusals: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** Makes the listener that answers a connection whose bytes could not be read, and closes it. */
export function answerConnectionError(logger: Logger): (error: ConnectionError, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy() // nobody listens any more
    const code = connectionRefusals[error.code ?? ''] ?? 'malformed-request'
    const requestId = nextRequestId()
    const { status, body } = problemOf(refused(code), requestId)
    logger.debug({ requestId, refusal: code, status, address: socket.remoteAddress }, 'connection refused')
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
        'X-Content-Type-Options: nosniff\r\nContent-Type: application/problem+json; charset=utf-8\r\n' +
        `X-Request-Id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    )
  }
}

/** Makes the handler of what the web framework refuses before it has looked for a route. */
export function answerFrameworkError(
  logger: Logger,
): (error: ConnectionError, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const refusal = refusalOfFramework(error) ?? refused('malformed-request')
    setHeaders(request, reply)
    sendProblem(request, reply, refusal)
    const { id: requestId, method } = request
    logger.info({ requestId, method, route: null, status: reply.statusCode, refusal: refusal.code }, 'request')
  }
}
