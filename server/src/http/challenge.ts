/** `/api/challenge`: what must be solved where an answer said `challenge-required`. 404 while `CHALLENGE` is off. */
import type { FastifyInstance } from 'fastify'
import type { Limits, Purpose } from '../features/limits/limits.ts'
import { refused } from '../platform/refusal.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'

/** Where a challenge for a purpose is. */
export const challengeAddress = (purpose: string) => `/api/challenge?purpose=${purpose}`

const purposes: readonly Purpose[] = ['sign-in', 'sign-up', 'mail']

export function registerChallenge(app: FastifyInstance, { limits }: { limits: Limits }): void {
  app.get<{ Querystring: { purpose?: unknown } }>(
    '/api/challenge',
    { exposeHeadRoute: false, config: { limit: 'challenge', reference } },
    async (request) => {
      const purpose = purposes.find((one) => one === request.query.purpose)
      if (!purpose) throw refused('malformed-request', { reasons: [`purpose must be one of ${purposes.join(', ')}`] })
      return limits.issueChallenge(purpose)
    },
  )
}

const reference: RouteReference = {
  kind: 'operation',
  id: 'challenge',
  group: 'Sign-in',
  summary: 'A challenge to solve',
  description:
    'For one attempt, within ten minutes. Where an answer has the code `challenge-required`, solve one and send the solution ' +
    'as the field `challenge`: base64 of JSON with the members `challenge` (this answer) and `solution`, as the ALTCHA ' +
    'widget makes it.',
  query: { purpose: '`sign-in`, `sign-up` or `mail`, as the answer said.' },
  answers: {
    200: {
      description: 'The challenge.',
      schema: {
        $id: 'ProofOfWork',
        type: 'object',
        description: 'Version 2 of the ALTCHA challenge.',
        required: ['parameters', 'signature'],
        properties: { parameters: { type: 'object' }, signature: { type: 'string' } },
      },
    },
    400: problemAnswer('There are no challenges for that.', 'malformed-request'),
    404: problemAnswer('There are no challenges here: `CHALLENGE` is off.', 'not-found'),
    405: problemAnswer('The address takes GET.', 'method-not-allowed'),
    429: problemAnswer('Too many were asked for from this network.', 'too-many-requests'),
    503: problemAnswer('The database does not answer at the moment.', 'database-unavailable'),
  },
}
