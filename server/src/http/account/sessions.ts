import type { FastifyInstance } from 'fastify'
import type { Sessions, SessionView } from '../../features/sessions/sessions.ts'
import { refused } from '../../platform/refusal.ts'
import { originOf } from '../origin.ts'
import { callerOf } from './caller-of.ts'
import { endOthersReference, endSessionReference, listSessionsReference } from './reference.ts'
import { timeText } from './time-text.ts'

/** Where the person is signed in: look, end one, end all others. */
export function registerAccountSessions(app: FastifyInstance, { sessions }: { sessions: Sessions }): void {
  app.get('/api/account/sessions', { config: { reference: listSessionsReference } }, async (request) => {
    const { userId, sessionId } = callerOf(request)
    const listed = await sessions.list(userId)
    return { sessions: listed.map((session) => toBody(session, session.id === sessionId)) }
  })

  app.delete('/api/account/sessions', { config: { reference: endOthersReference } }, async (request) => {
    return { ended: await sessions.endOthers({ ...callerOf(request), origin: originOf(request) }) }
  })

  app.delete<{ Params: { id: string } }>(
    '/api/account/sessions/:id',
    { config: { reference: endSessionReference } },
    async (request, reply) => {
      const owner = { ...callerOf(request), origin: originOf(request) }
      // Somebody else's session is not there: its id tells nothing (GHSA-4vcf-q4xf-f48m, CVE-2025-53895).
      if (!(await sessions.endOwn(owner, request.params.id))) throw refused('not-found')
      return reply.code(204).send()
    },
  )
}

function toBody(session: SessionView, isCurrent: boolean) {
  return {
    id: session.id,
    opened_at: timeText(session.openedAt),
    last_used_at: timeText(session.lastUsedAt),
    expires_at: timeText(session.expiresAt),
    ends_at: timeText(session.endsAt),
    amr: session.amr,
    acr: session.acr,
    authenticated_at: timeText(session.authenticatedAt),
    address: session.address,
    user_agent: session.userAgent,
    is_current: isCurrent,
  }
}
