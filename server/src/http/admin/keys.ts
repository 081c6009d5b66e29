import type { FastifyInstance } from 'fastify'
import type { KeyFacts } from '../../features/keys/keys.ts'
import { flag, jsonBody, optional } from '../json-body.ts'
import { timeText } from '../time-text.ts'
import type { AdminDeps } from './deps.ts'
import { doerOf } from './doer.ts'
import { adminOperation } from './reference.ts'

/** The signing keys: look, rotate, and take one out of use that may be in somebody else's hands. */
export function registerAdminKeys(app: FastifyInstance, { keys, lifecycle }: AdminDeps): void {
  const listed = () => ({ keys: keys.list().map(toBody) })

  app.get('/api/admin/keys', { config: { permission: 'keys:write', reference: listReference } }, async () => listed())

  app.post(
    '/api/admin/keys/rotate',
    { config: { permission: 'keys:write', reference: rotateReference } },
    async (request) => {
      const { now = false } = rotation.read(request)
      await lifecycle.rotateKeys(now ? 'now' : 'soon', doerOf(request))
      return listed()
    },
  )

  app.post<{ Params: { id: string } }>(
    '/api/admin/keys/:id/retire',
    { config: { permission: 'keys:write', reference: retireReference } },
    async (request) => ({ ended: await lifecycle.retireKey(request.params.id, doerOf(request)) }),
  )
}

function toBody({ id, algorithm, state, createdAt, activatedAt, retireAt }: KeyFacts) {
  return {
    id,
    algorithm,
    state,
    created_at: timeText(createdAt),
    activated_at: timeText(activatedAt),
    retire_at: timeText(retireAt),
  }
}

const rotation = jsonBody(
  'KeyRotation',
  { now: optional(flag('Sign with the next key at once, though verifiers may not have fetched it.')) },
  {},
)

const time = { type: 'string', format: 'date-time' } as const
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const

const keysSchema = {
  type: 'object',
  required: ['keys'],
  properties: {
    keys: {
      type: 'array',
      items: {
        $id: 'SigningKey',
        type: 'object',
        required: ['id', 'algorithm', 'state', 'created_at', 'activated_at', 'retire_at'],
        properties: {
          id: { type: 'string', description: 'The `kid`.' },
          algorithm: { type: 'string' },
          state: { enum: ['next', 'current', 'previous'] },
          created_at: time,
          activated_at: { ...timeOrNull, description: 'When it began to sign.' },
          retire_at: { ...timeOrNull, description: 'When the last token that it signed expires.' },
        },
      },
    },
  },
} as const

const listReference = adminOperation({
  id: 'adminListKeys',
  permission: 'keys:write',
  isLook: true,
  summary: 'The signing keys',
  description: 'Every key that is not retired, oldest first. Without private halves.',
  answers: { 200: { description: 'The keys.', schema: keysSchema } },
})

const rotateReference = adminOperation({
  id: 'adminRotateKeys',
  permission: 'keys:write',
  summary: 'Rotate the signing keys',
  description:
    'Publishes the next keys, and lets them sign once they have been published for `KEY_PUBLISH_AHEAD_SECONDS`: call it again ' +
    'then. With `now` they sign at once.',
  body: rotation.reference,
  answers: { 200: { description: 'The keys as they are now.', schema: keysSchema } },
  refusals: { 400: ['malformed-request'] },
})

const retireReference = adminOperation({
  id: 'adminRetireKey',
  permission: 'keys:write',
  summary: 'Retire a compromised key',
  description: 'At once. Every session that was used since it began to sign ends, and everybody who verifies is told.',
  answers: {
    200: {
      description: 'How many sessions ended.',
      schema: { type: 'object', required: ['ended'], properties: { ended: { type: 'integer', minimum: 0 } } },
    },
  },
  refusals: { 404: ['not-found'] },
})
