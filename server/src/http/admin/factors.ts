import type { FastifyInstance } from 'fastify'
import { resettableFactors } from '../../features/lifecycle/lifecycle.ts'
import { jsonBody, listOf, oneOf, optional, text } from '../json-body.ts'
import type { AdminDeps } from './deps.ts'
import { doerOf, userIdOf } from './doer.ts'
import { adminOperation } from './reference.ts'

export function registerAdminFactors(app: FastifyInstance, { lifecycle }: AdminDeps): void {
  app.post<{ Params: { id: string } }>(
    '/api/admin/users/:id/reset-factors',
    { config: { permission: 'users:write', reference: resetReference } },
    async (request) => {
      const userId = userIdOf(request)
      const { reason, factors = resettableFactors } = resetBody.read(request)
      const done = await lifecycle.resetFactors({ userId, reason, factors }, doerOf(request))
      return {
        removed: done.removed,
        sessions_ended: done.sessionsEnded,
        is_recovery_mailed: done.isRecoveryMailed,
      }
    },
  )
}

const resetBody = jsonBody(
  'FactorReset',
  {
    reason: text({ most: 200, description: 'Why, and how it is known who asks: kept in the record of events.' }),
    factors: optional(listOf(oneOf(resettableFactors), { description: 'Which; all when it is left out.' })),
  },
  { reason: 'Lost the phone; known by a video call.', factors: ['totp', 'recovery_code', 'passkey'] },
)

const resetReference = adminOperation({
  id: 'adminResetFactors',
  permission: 'users:write',
  summary: 'Reset the factors of a user',
  description: [
    'For somebody who lost them. Removes the app for codes, the recovery codes and all passkeys, or those of them that are named; ends every session, and tells the user by mail. Recovery codes go with the last second factor. Whoever has no password then is mailed a code to set one; where the service has no mail, this is refused (`last-way-in`).',
    'What the user does not have is not removed; when nothing is, nothing happens. Not possible for whoever may do more than the caller, nor for the caller: own factors are changed at `/api/account`.',
  ].join('\n\n'),
  body: resetBody.reference,
  answers: {
    200: {
      description: 'What was done.',
      schema: {
        type: 'object',
        required: ['removed', 'sessions_ended', 'is_recovery_mailed'],
        properties: {
          removed: { type: 'array', items: { enum: resettableFactors } },
          sessions_ended: { type: 'integer', minimum: 0 },
          is_recovery_mailed: { type: 'boolean', description: 'There was nothing left to sign in with.' },
        },
      },
    },
  },
  refusals: {
    400: ['malformed-request'],
    404: ['user-unknown'],
    409: ['last-way-in'],
    415: ['unsupported-media-type'],
  },
})
