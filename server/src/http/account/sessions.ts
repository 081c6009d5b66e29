import type { FastifyInstance } from 'fastify'
import type { Sessions } from '../../features/sessions/sessions.ts'
import { refused } from '../../platform/refusal.ts'
import { callerOf } from '../caller.ts'
import { originOf } from '../origin.ts'
import { recordId } from '../record-id.ts'
import { sessionBody } from '../session-body.ts'
import { endOthersReference, endSessionReference, listSessionsReference } from './reference.ts'

/** Where the person is signed in: look, end one, end all others. */
export function registerAccountSessions(app: FastifyInstance, { sessions }: { sessions: Sessions }): void {
  app.get('/api/account/sessions', { config: { reference: listSessionsReference } }, async (request) => {
    const { userId, sessionId } = callerOf(request)
    const listed = await sessions.list(userId)
    return { sessions: listed.map((session) => sessionBody(session, session.id === sessionId)) }
  })

  app.delete('/api/account/sessions', { config: { reference: endOthersReference } }, async (request) => {
    return { ended: await sessions.endOthers({ ...callerOf(request), origin: originOf(request) }) }
  })

  app.delete<{ Params: { id: string } }>(
    '/api/account/sessions/:id',
    { config: { reference: endSessionReference } },
    async (request, reply) => {
      const { userId } = callerOf(request)
      const by = { actor: { kind: 'user', id: userId }, origin: originOf(request) } as const
      // Somebody else's session is not there: its id tells nothing (GHSA-4vcf-q4xf-f48m, CVE-2025-53895).
      if (!(await sessions.endOne(userId, recordId(request.params.id), 'ended-by-user', by))) throw refused('not-found')
      return reply.code(204).send()
    },
  )
}
