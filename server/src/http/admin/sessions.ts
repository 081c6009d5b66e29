import type { FastifyInstance } from 'fastify'
import { refused } from '../../platform/refusal.ts'
import { recordId } from '../record-id.ts'
import { sessionBody, sessionSchema } from '../session-body.ts'
import type { AdminDeps } from './deps.ts'
import { doerOf, userIdOf } from './doer.ts'
import { adminOperation, noContent } from './reference.ts'

type ById = { Params: { id: string } }

export function registerAdminSessions(app: FastifyInstance, { lifecycle, sessions, users }: AdminDeps): void {
  const found = async (request: { params: { id: string } }) => {
    const user = await users.find(userIdOf(request))
    if (!user) throw refused('user-unknown')
    return user.id
  }

  app.get<ById>(
    '/api/admin/users/:id/sessions',
    { config: { permission: 'users:read', reference: listReference } },
    async (request) => {
      const listed = await sessions.list(await found(request))
      return { sessions: listed.map((session) => sessionBody(session, false)) }
    },
  )

  app.delete<ById>(
    '/api/admin/users/:id/sessions',
    { config: { permission: 'sessions:end', reference: endAllReference } },
    async (request) => ({ ended: await lifecycle.endSessions(await found(request), doerOf(request)) }),
  )

  app.delete<{ Params: { id: string; sid: string } }>(
    '/api/admin/users/:id/sessions/:sid',
    { config: { permission: 'sessions:end', reference: endOneReference } },
    async (request, reply) => {
      const isEnded = await lifecycle.endSession(userIdOf(request), recordId(request.params.sid), doerOf(request))
      if (!isEnded) throw refused('not-found')
      return reply.code(204).send()
    },
  )
}

const listReference = adminOperation({
  id: 'adminListSessions',
  permission: 'users:read',
  isLook: true,
  summary: 'Where a user is signed in',
  description: 'The sessions that have neither ended nor expired, the one used last first.',
  answers: {
    200: {
      description: 'The sessions.',
      schema: {
        type: 'object',
        required: ['sessions'],
        properties: { sessions: { type: 'array', items: sessionSchema } },
      },
    },
  },
  refusals: { 404: ['user-unknown'] },
})

const endAllReference = adminOperation({
  id: 'adminEndSessions',
  permission: 'sessions:end',
  summary: 'Sign a user out everywhere',
  description:
    'Ends every session of the user. Their tokens are refused everywhere within a second, those of the old service too.',
  answers: {
    200: {
      description: 'How many ended.',
      schema: { type: 'object', required: ['ended'], properties: { ended: { type: 'integer', minimum: 0 } } },
    },
  },
  refusals: { 404: ['user-unknown'] },
})

const endOneReference = adminOperation({
  id: 'adminEndSession',
  permission: 'sessions:end',
  summary: 'End one session of a user',
  description: 'Its tokens are refused everywhere within a second.',
  answers: noContent('It has ended.'),
  refusals: { 404: ['not-found'] },
})
