/** Where a request came from, handed to the use cases. */
import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Origin } from '../platform/origin.ts'

const processId = randomBytes(6).toString('hex')
let requests = 0

/** A request id: unique, never taken from the client (log injection). Names the process and counts. */
export function nextRequestId(): string {
  return `${processId}-${(++requests).toString(36)}`
}

export function originOf(request: FastifyRequest): Origin {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? null }
}
