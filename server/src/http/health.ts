import type { FastifyInstance } from 'fastify'
import type { Database } from '../platform/db.ts'
import { refused } from '../platform/refusal.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'
import { quiet } from './summary-log.ts'

/**
 * `/healthz`: the process answers. `/readyz`: it also reaches its database and is not ending, so a load balancer may send
 * requests.
 */
export function registerHealth(app: FastifyInstance, deps: { database: Database; isDraining: () => boolean }): void {
  app.get('/healthz', { config: { ...quiet.config, limit: 'probe', reference: healthReference } }, async () => ({
    status: 'ok',
  }))
  app.get('/readyz', { config: { ...quiet.config, limit: 'probe', reference: readyReference } }, async () => {
    if (deps.isDraining()) throw refused('shutting-down')
    await deps.database.ping()
    return { status: 'ready' }
  })
}

const statusSchema = (status: string) =>
  ({ type: 'object', required: ['status'], properties: { status: { const: status } } }) as const

const healthReference: RouteReference = {
  kind: 'operation',
  id: 'health',
  group: 'Health',
  summary: 'Whether the process answers',
  description: 'For whoever restarts it. It says nothing about the database: a restart would not bring that back.',
  answers: {
    200: { description: 'It answers.', schema: statusSchema('ok'), examples: { ok: { status: 'ok' } } },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
  },
}

const readyReference: RouteReference = {
  kind: 'operation',
  id: 'ready',
  group: 'Health',
  summary: 'Whether the process can serve',
  description: 'For load balancers: it reaches its database and is not ending.',
  answers: {
    200: { description: 'It can.', schema: statusSchema('ready'), examples: { ready: { status: 'ready' } } },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
    503: problemAnswer('It cannot, for now.', 'database-unavailable', 'shutting-down'),
  },
}
