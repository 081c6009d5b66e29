import type { FastifyInstance } from 'fastify'
import type { TestMode } from '../../features/test-mode/test-mode.ts'
import { jsonBody } from '../json-body.ts'
import * as reference from './reference.ts'

// JSON, although it says nothing: a page elsewhere cannot send that to this machine without asking first (CORS).
const nothing = jsonBody('Reset', {}, {})

export function registerReset(app: FastifyInstance, testMode: TestMode): void {
  const config = { limit: 'test-mode', reference: reference.reset(nothing.reference) } as const
  app.post('/test/reset', { config }, async (request) => {
    nothing.read(request)
    return { erased_users: await testMode.reset() }
  })
}
