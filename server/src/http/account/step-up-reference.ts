/** What the routes of the step-up say about themselves. */
import { type Operation, problemAnswer, type RouteReference } from '../route-reference.ts'
import { bodyRefusals, lookRefusals, refusal } from './factor-refusals.ts'

const throttled = problemAnswer('Too much was tried.', 'too-many-requests')

export const stepUp = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'stepUp',
  group: 'Account',
  summary: 'Prove again who I am',
  description:
    'For whoever was told `step-up-required` (RFC 9470). The session is as fresh and as strong as the proof from then on, and ' +
    'the request that was refused succeeds with the same access token. A proof that is weaker than the session, and adds no ' +
    'factor to it, changes nothing.',
  bearer: true,
  body,
  answers: {
    200: {
      description: 'What the session stands on now.',
      schema: {
        type: 'object',
        required: ['amr', 'acr', 'authenticated_at'],
        properties: {
          amr: { type: 'array', items: { type: 'string' }, description: 'Methods (RFC 8176).' },
          acr: { enum: ['aal1', 'aal2'] },
          authenticated_at: { type: 'string', format: 'date-time' },
        },
      },
    },
    ...bodyRefusals,
    ...lookRefusals,
    ...refusal(422, 'The proof is not right.', 'proof-refused'),
    429: throttled,
    503: problemAnswer('The database does not answer, or too many passwords wait.', 'database-unavailable', 'too-busy'),
  },
})

export const startPasskeyStepUp: RouteReference = {
  kind: 'operation',
  id: 'startPasskeyStepUp',
  group: 'Account',
  summary: 'Begin to prove it with a passkey',
  description:
    'Options for `navigator.credentials.get()`. Their answer is good once, in this session, for five minutes.',
  bearer: true,
  answers: {
    200: { description: 'The options.', schema: { type: 'object' } },
    ...lookRefusals,
    429: throttled,
  },
}
