/** Bodies of the routes for webhooks, and what these say about themselves. */
import type { Delivery, Endpoint } from '../../features/webhooks/webhooks.ts'
import { flag, jsonBody, listOfTexts, optional, text } from '../json-body.ts'
import { timeText } from '../time-text.ts'
import { adminOperation, noContent } from './reference.ts'

const url = text({ most: 2000, description: 'Where events are posted: https, to a public host.' })
const types = listOfTexts({ most: 100, mostCharacters: 60, description: 'Types of events; `*` alone is every type.' })
const description = text({ least: 0, most: 200, description: 'For whoever reads the list.' })

export const newWebhook = jsonBody(
  'NewWebhook',
  { url, types, description: optional(description) },
  { url: 'https://example.com/events', types: ['user.disabled', 'user.erased'] },
)

export const changedWebhook = jsonBody(
  'ChangedWebhook',
  {
    url: optional(url),
    types: optional(types),
    description: optional(description),
    is_active: optional(flag('Enabled again, what waits is sent; disabled, nothing is.')),
  },
  { is_active: true },
)

export function toBody(endpoint: Endpoint) {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    types: endpoint.types,
    is_active: endpoint.isEnabled,
    disabled_because: endpoint.disabledBecause,
    created_at: timeText(endpoint.createdAt),
    last_delivered_at: timeText(endpoint.deliveredAt),
  }
}

export function toDeliveryBody(delivery: Delivery) {
  return {
    event: delivery.eventId,
    type: delivery.type,
    sequence: delivery.sequence,
    state: delivery.state,
    attempts: delivery.attempts,
    next_at: delivery.state === 'due' ? timeText(delivery.nextAt) : null,
    last_status: delivery.lastStatus,
    last_failure: delivery.lastFailure,
    finished_at: timeText(delivery.finishedAt),
  }
}

const time = { type: 'string', format: 'date-time' } as const
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const

const properties = {
  id: { type: 'string' },
  url: { type: 'string' },
  description: { type: 'string' },
  types: { type: 'array', items: { type: 'string' } },
  is_active: { type: 'boolean' },
  disabled_because: {
    enum: ['operator', 'gone', 'failing', null],
    description: '`gone`: it answered 410. `failing`: it took nothing for as long as an event is tried.',
  },
  created_at: time,
  last_delivered_at: timeOrNull,
} as const

const webhookSchema = { $id: 'Webhook', type: 'object', required: Object.keys(properties), properties } as const

const secret = { type: 'string', description: 'Shown this once: `whsec_` and base64, as Standard Webhooks writes it.' }

const createdSchema = {
  $id: 'CreatedWebhook',
  type: 'object',
  required: [...Object.keys(properties), 'secret'],
  properties: { ...properties, secret },
} as const

const deliveryProperties = {
  event: { type: 'string', description: 'The id of the event, which is `webhook-id` too.' },
  type: { type: 'string' },
  sequence: { type: 'integer' },
  state: { enum: ['due', 'delivered', 'dead'] },
  attempts: { type: 'integer' },
  next_at: timeOrNull,
  last_status: { type: ['integer', 'null'], description: 'HTTP status of the last answer.' },
  last_failure: { type: ['string', 'null'], description: 'Why there was no answer.' },
  finished_at: timeOrNull,
} as const

const deliveriesSchema = {
  type: 'object',
  required: ['deliveries', 'next'],
  properties: {
    deliveries: {
      type: 'array',
      items: {
        $id: 'WebhookDelivery',
        type: 'object',
        required: Object.keys(deliveryProperties),
        properties: deliveryProperties,
      },
    },
    next: { type: ['integer', 'null'], description: '`before` of the next page.' },
  },
} as const

const whatIsTold =
  ' Where events tell what is personal (`EVENTS_PERSONAL=on`), it needs the permission `audit:read` too.'

export const list = adminOperation({
  id: 'adminListWebhooks',
  permission: 'webhooks:read',
  isLook: true,
  summary: 'The webhooks that there are',
  description: 'Oldest first, without their secrets.',
  answers: {
    200: {
      description: 'The webhooks.',
      schema: {
        type: 'object',
        required: ['webhooks'],
        properties: { webhooks: { type: 'array', items: webhookSchema } },
      },
    },
  },
})

export const create = adminOperation({
  id: 'adminCreateWebhook',
  permission: 'webhooks:write',
  summary: 'Make a webhook',
  description:
    'Events that happen from now on are posted there, as CloudEvents, signed as Standard Webhooks 1.0 says.' +
    whatIsTold,
  body: newWebhook.reference,
  answers: { 201: { description: 'It is made.', schema: createdSchema } },
  refusals: { 400: ['malformed-request'], 409: ['too-many-webhooks'] },
})

export const show = adminOperation({
  id: 'adminShowWebhook',
  permission: 'webhooks:read',
  isLook: true,
  summary: 'One webhook',
  description: 'Without its secret.',
  answers: { 200: { description: 'The webhook.', schema: webhookSchema } },
  refusals: { 404: ['not-found'] },
})

export const change = adminOperation({
  id: 'adminChangeWebhook',
  permission: 'webhooks:write',
  summary: 'Change a webhook',
  description: `What is not given stays.${whatIsTold}`,
  body: changedWebhook.reference,
  answers: { 200: { description: 'As it is now.', schema: webhookSchema } },
  refusals: { 400: ['malformed-request'], 404: ['not-found'] },
})

export const remove = adminOperation({
  id: 'adminRemoveWebhook',
  permission: 'webhooks:write',
  summary: 'Remove a webhook',
  description: 'With everything that waits for it.',
  answers: noContent('It is gone.'),
  refusals: { 404: ['not-found'] },
})

export const rotate = adminOperation({
  id: 'adminRotateWebhookSecret',
  permission: 'webhooks:write',
  summary: 'Give a webhook another secret',
  description: 'For a day each request carries two signatures, one by each secret.',
  answers: {
    200: {
      description: 'The new secret.',
      schema: { type: 'object', required: ['secret'], properties: { secret } },
    },
  },
  refusals: { 404: ['not-found'], 409: ['conflict'] },
})

export const listDeliveries = adminOperation({
  id: 'adminListWebhookDeliveries',
  permission: 'webhooks:read',
  isLook: true,
  summary: 'What became of events',
  description: 'The latest first. `dead` ones were given up after three days, or because the receiver is gone.',
  query: { state: '`due`, `delivered` or `dead`.', before: 'Only sequences below this one.' },
  answers: { 200: { description: 'A page of deliveries.', schema: deliveriesSchema } },
  refusals: { 400: ['malformed-request'], 404: ['not-found'] },
})

export const redeliver = adminOperation({
  id: 'adminRedeliverWebhook',
  permission: 'webhooks:write',
  summary: 'Send an event again',
  description: 'One that was delivered, or given up: it begins anew, with the same id.',
  answers: { 202: { description: 'It is due now.' } },
  refusals: { 404: ['not-found'] },
})
