/** What the routes of the account say about themselves. */
import { problemAnswer, type RouteReference } from '../route-reference.ts'
import { sessionSchema } from '../session-body.ts'

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
