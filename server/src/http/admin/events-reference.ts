/** What the route of the record of events says about itself. */
import { adminOperation } from './reference.ts'

const textOrNothing = { type: ['string', 'null'] } as const
const idOrNothing = { type: ['integer', 'null'] } as const

const properties = {
  id: { type: 'string', description: 'As consumers are told it.' },
  position: { type: 'integer', description: 'In which order it was written; there are gaps.' },
  type: { type: 'string', description: 'As docs/reference/events.md names it; there may be more later.' },
  at: { type: 'string', format: 'date-time' },
  user_id: { ...idOrNothing, description: 'Whom it is about. Null: nobody who is known here.' },
  actor: {
    type: 'object',
    description: 'Who did it.',
    required: ['kind', 'id'],
    properties: { kind: { enum: ['user', 'operator', 'system', 'anonymous'] }, id: idOrNothing },
  },
  session_id: textOrNothing,
  client_id: textOrNothing,
  result: { enum: ['success', 'failure'] },
  reason: { ...textOrNothing, description: 'A word of a closed list.' },
  address: {
    ...textOrNothing,
    description: 'From where. Null where that is not known, or the person has been erased.',
  },
  user_agent: textOrNothing,
  details: { type: 'object', description: 'What else happened; which members there are depends on the type.' },
  personal: {
    type: ['object', 'null'],
    description: 'What else happened that is personal. Null where there is none, or the person has been erased.',
  },
} as const

const eventSchema = { $id: 'AdminEvent', type: 'object', required: Object.keys(properties), properties } as const

export const eventsReference = adminOperation({
  id: 'adminListEvents',
  permission: 'audit:read',
  isLook: true,
  summary: 'What happened',
  description:
    'The record of events, the latest first, at most 100 at a time; `next` is the `before` of the following page, or null. ' +
    'What is personal in them is opened, as long as the person has not been erased.',
  query: {
    user: 'Only what is about the user with this id.',
    type: 'Only events of this type.',
    before: 'Only positions below this one.',
  },
  answers: {
    200: {
      description: 'The events.',
      schema: {
        type: 'object',
        required: ['events', 'next'],
        properties: { events: { type: 'array', items: eventSchema }, next: idOrNothing },
      },
    },
  },
  refusals: { 400: ['malformed-request'] },
})
