import type { FastifyInstance, FastifyRequest } from 'fastify'
import { deliveryStates } from '../../features/webhooks/webhooks.ts'
import { refused } from '../../platform/refusal.ts'
import { callerOf } from '../caller.ts'
import { originOf } from '../origin.ts'
import { recordId } from '../record-id.ts'
import type { AdminDeps } from './deps.ts'
import * as reference from './webhooks-reference.ts'

type ById = { Params: { id: string } }
type Page = { Querystring: { state?: unknown; before?: unknown } }

const MOST_DELIVERIES = 100

/** Where events are sent: define, watch, and send again. */
export function registerAdminWebhooks(app: FastifyInstance, { config, webhooks }: AdminDeps): void {
  // Whoever says where events go reads what is in them.
  const alsoNeeds = config.eventsPersonal === 'on' ? (['audit:read'] as const) : []

  app.get('/api/admin/webhooks', { config: { permission: 'webhooks:read', reference: reference.list } }, async () => ({
    webhooks: (await webhooks.list()).map(reference.toBody),
  }))

  app.post(
    '/api/admin/webhooks',
    { config: { permission: 'webhooks:write', alsoNeeds, reference: reference.create } },
    async (request, reply) => {
      const { url, types, description = '' } = reference.newWebhook.read(request)
      const { endpoint, secret } = await webhooks.create({ url, types, description }, byOf(request))
      return reply.code(201).send({ ...reference.toBody(endpoint), secret })
    },
  )

  app.get<ById>(
    '/api/admin/webhooks/:id',
    { config: { permission: 'webhooks:read', reference: reference.show } },
    async ({ params }) => reference.toBody(await webhooks.get(recordId(params.id))),
  )

  app.patch<ById>(
    '/api/admin/webhooks/:id',
    { config: { permission: 'webhooks:write', alsoNeeds, reference: reference.change } },
    async (request) => {
      const { is_active: isEnabled, ...rest } = reference.changedWebhook.read(request)
      const given = Object.entries({ ...rest, isEnabled }).filter(([, value]) => value !== undefined)
      const id = recordId(request.params.id)
      await webhooks.change(id, Object.fromEntries(given), byOf(request))
      return reference.toBody(await webhooks.get(id))
    },
  )

  app.delete<ById>(
    '/api/admin/webhooks/:id',
    { config: { permission: 'webhooks:write', reference: reference.remove } },
    async (request, reply) => {
      await webhooks.remove(recordId(request.params.id), byOf(request))
      return reply.code(204).send()
    },
  )

  app.post<ById>(
    '/api/admin/webhooks/:id/rotate-secret',
    { config: { permission: 'webhooks:write', reference: reference.rotate } },
    async (request) => ({ secret: await webhooks.rotateSecret(recordId(request.params.id), byOf(request)) }),
  )

  app.get<ById & Page>(
    '/api/admin/webhooks/:id/deliveries',
    { config: { permission: 'webhooks:read', reference: reference.listDeliveries } },
    async ({ params, query }) => {
      const page = { state: stateOf(query.state), before: sequenceOf(query.before), most: MOST_DELIVERIES }
      const deliveries = await webhooks.listDeliveries(recordId(params.id), page)
      const isFull = deliveries.length === MOST_DELIVERIES
      return {
        deliveries: deliveries.map(reference.toDeliveryBody),
        next: isFull ? (deliveries.at(-1)?.sequence ?? null) : null,
      }
    },
  )

  app.post<{ Params: { id: string; event: string } }>(
    '/api/admin/webhooks/:id/deliveries/:event/redeliver',
    { config: { permission: 'webhooks:write', reference: reference.redeliver } },
    async (request, reply) => {
      const { id, event } = request.params
      await webhooks.redeliver(recordId(id), recordId(event), byOf(request))
      return reply.code(202).send()
    },
  )
}

function byOf(request: FastifyRequest) {
  return { actor: { kind: 'operator', id: callerOf(request).userId } as const, origin: originOf(request) }
}

/** @throws Refusal 'malformed-request' */
function stateOf(value: unknown) {
  const state = deliveryStates.find((known) => known === value)
  if (value !== undefined && !state)
    throw refused('malformed-request', {
      errors: [{ pointer: '/state', detail: `must be one of ${deliveryStates.join(', ')}` }],
    })
  return state
}

/** What is no number is not looked at. */
function sequenceOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
