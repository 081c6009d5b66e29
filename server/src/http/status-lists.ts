/** The Token Status Lists (contract/status-list.ts). Open to everybody, as the key set: a bit says nothing about a person. */
import type { FastifyInstance } from 'fastify'
import { STATUS_LIST_MEDIA_TYPE, STATUS_LIST_TTL_SECONDS } from '../../../contract/status-list.ts'
import type { StatusLists } from '../features/sessions/sessions.ts'
import { refused } from '../platform/refusal.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'
import { quiet } from './summary-log.ts'

const CACHE_CONTROL = `public, max-age=${STATUS_LIST_TTL_SECONDS}`

export function registerStatusLists(app: FastifyInstance, { statusLists }: { statusLists: StatusLists }): void {
  app.get<{ Params: { list: string } }>(
    '/api/status-lists/:list',
    { config: { ...quiet.config, limit: 'memory', reference } },
    async (request, reply) => {
      const { list } = request.params
      const found = /^(0|[1-9]\d{0,8})$/.test(list) ? await statusLists.find(Number(list)) : undefined
      if (!found) throw refused('not-found')
      reply.header('etag', found.etag).header('cache-control', CACHE_CONTROL)
      if (request.headers['if-none-match'] === found.etag) return reply.code(304).send()
      return reply.type(STATUS_LIST_MEDIA_TYPE).send(found.jws)
    },
  )
}

const reference: RouteReference = {
  kind: 'operation',
  id: 'statusList',
  group: 'Revocations',
  summary: 'Which sessions have ended, as a Token Status List',
  description:
    'A compact JWS (`typ` `statuslist+jwt`) with one bit a session, which access tokens name in `status.status_list`: 1 once ' +
    'the session has ended. It follows draft-ietf-oauth-status-list. Open to everybody.',
  answers: {
    200: {
      description: 'The list.',
      mediaType: STATUS_LIST_MEDIA_TYPE,
      schema: { type: 'string' },
      headers: { ETag: 'Changes when the list is signed anew.', 'Cache-Control': `\`${CACHE_CONTROL}\`` },
    },
    304: { description: 'It is still the one that `If-None-Match` names.' },
    404: problemAnswer('There is no such list.', 'not-found'),
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
    503: problemAnswer('It cannot be said for now.', 'database-unavailable'),
  },
}
