/** The signed-in person, for themselves. Every route of this folder needs a good access token; none takes somebody's id. */
import type { FastifyInstance } from 'fastify'
import type { Sessions } from '../../features/sessions/sessions.ts'
import { createRequireUser } from '../caller.ts'
import { limitUnlessDeclared } from '../limits.ts'
import { registerAccountSessions } from './sessions.ts'

export function registerAccount(app: FastifyInstance, deps: { sessions: Sessions }): void {
  const requireUser = createRequireUser(deps)
  limitUnlessDeclared(app, 'signed-in')
  app.decorateRequest('caller', null)
  app.addHook('preHandler', async (request) => {
    request.caller = await requireUser(request)
  })
  registerAccountSessions(app, deps)
}
