/** What the routes of the account say about themselves. */
import { authClasses, authMethods } from '../../../../contract/claims.ts'
import { problemAnswer, type RouteReference } from '../route-reference.ts'

const time = { type: 'string', format: 'date-time' } as const
const textOrNothing = { type: ['string', 'null'] } as const

const sessionSchema = {
  $id: 'Session',
  type: 'object',
  required: [
    'id',
    'opened_at',
    'last_used_at',
    'expires_at',
    'ends_at',
    'amr',
    'acr',
    'authenticated_at',
    'address',
    'user_agent',
    'is_current',
  ],
  properties: {
    id: { type: 'string', description: 'The `sid` of its tokens.' },
    opened_at: time,
    last_used_at: { ...time, description: 'When it was refreshed last.' },
    expires_at: { ...time, description: 'When it ends unless it is refreshed before.' },
    ends_at: { ...time, description: 'When it ends however often it is refreshed.' },
    amr: {
      type: 'array',
      items: { enum: Object.keys(authMethods) },
      description: 'What was proven for it (RFC 8176). Empty for a session of the old service: nothing is known.',
    },
    acr: { enum: authClasses, description: 'The assurance level that this amounts to (NIST SP 800-63B-4 §2).' },
    authenticated_at: { ...time, description: 'Since when it has that level, by a sign-in or a step-up.' },
    address: { ...textOrNothing, description: 'Where it was opened from. Null for a session of the old service.' },
    user_agent: textOrNothing,
    is_current: { type: 'boolean', description: 'Whether it is the one that asks.' },
  },
} as const

const refusals = {
  401: {
    ...problemAnswer('There is no access token, or none that is good.', 'token-missing', 'token-refused'),
    headers: { 'WWW-Authenticate': '`Bearer realm="api"`, with `error="invalid_token"` when a token was sent.' },
  },
  503: problemAnswer('The database does not answer at the moment.', 'database-unavailable'),
}

export const listSessionsReference: RouteReference = {
  kind: 'operation',
  id: 'listSessions',
  group: 'Account',
  summary: 'Where I am signed in',
  description: 'The sessions of the caller that have neither ended nor expired, the one used last first.',
  bearer: true,
  answers: {
    200: {
      description: 'The sessions.',
      schema: {
        type: 'object',
        required: ['sessions'],
        properties: { sessions: { type: 'array', items: sessionSchema } },
      },
    },
    ...refusals,
  },
}

export const endOthersReference: RouteReference = {
  kind: 'operation',
  id: 'endOtherSessions',
  group: 'Account',
  summary: 'Sign out everywhere else',
  description: 'Ends every session of the caller but the one that asks. Their tokens are refused at once.',
  bearer: true,
  answers: {
    200: {
      description: 'How many ended.',
      schema: { type: 'object', required: ['ended'], properties: { ended: { type: 'integer', minimum: 0 } } },
    },
    ...refusals,
  },
}

export const endSessionReference: RouteReference = {
  kind: 'operation',
  id: 'endSession',
  group: 'Account',
  summary: 'Sign out one session',
  description: 'Ends one session of the caller, also the one that asks.',
  bearer: true,
  answers: {
    204: { description: 'It has ended.' },
    ...refusals,
    404: problemAnswer('The caller has no such session, or it has ended.', 'not-found'),
  },
}
