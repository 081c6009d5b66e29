/** What the route of the account's history says about itself. */
import { problemAnswer, type RouteReference } from '../route-reference.ts'
import { lookRefusals } from './factor-refusals.ts'

export const LIMIT_DEFAULT = 20
export const LIMIT_MOST = 100

const textOrNothing = { type: ['string', 'null'] } as const

const entrySchema = {
  $id: 'HistoryEntry',
  type: 'object',
  required: [
    'id',
    'type',
    'at',
    'result',
    'reason',
    'by',
    'address',
    'user_agent',
    'session_id',
    'is_current',
    'details',
  ],
  properties: {
    id: { type: 'string', description: 'Also where a list goes on: `before`.' },
    type: {
      type: 'string',
      description: 'What happened, as docs/reference/events.md names it; there may be more later.',
    },
    at: { type: 'string', format: 'date-time' },
    result: { enum: ['success', 'failure'] },
    reason: { ...textOrNothing, description: 'Why, as a word: of a failure, or of a session that ended.' },
    by: {
      enum: ['user', 'operator', 'system', 'anonymous'],
      description: 'Who did it. `anonymous`: somebody who did not prove to be the caller.',
    },
    address: { ...textOrNothing, description: 'From where. Null where that is not known, or was an operator.' },
    user_agent: textOrNothing,
    session_id: { ...textOrNothing, description: 'In which session, or which one.' },
    is_current: { type: 'boolean', description: 'Whether that is the session that asks.' },
    details: { type: 'object', description: 'What else happened, such as how a sign-in was proven (`amr`).' },
  },
} as const

export const historyReference: RouteReference = {
  kind: 'operation',
  id: 'showHistory',
  group: 'Account',
  summary: 'What happened to my account',
  description:
    'Sign-ins, also those that were refused, sessions that ended, changes of the password, the address, factors and roles; ' +
    'the latest first.',
  bearer: true,
  query: {
    limit: `How many at most: 1 to ${LIMIT_MOST}, ${LIMIT_DEFAULT} unless it is given.`,
    before: 'Where the list goes on: `next` of the page before.',
  },
  answers: {
    200: {
      description: 'The events.',
      schema: {
        type: 'object',
        required: ['events', 'next'],
        properties: {
          events: { type: 'array', items: entrySchema },
          next: { ...textOrNothing, description: 'The `before` of the following page; null: nothing follows.' },
        },
      },
    },
    400: problemAnswer('`limit` is not as it must be.', 'malformed-request'),
    ...lookRefusals,
    404: problemAnswer('`before` is no event of the caller.', 'not-found'),
  },
}
