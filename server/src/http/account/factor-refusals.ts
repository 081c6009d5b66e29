/** What the routes of factors may refuse, for their references. */
import type { RefusalCode } from '../../../../contract/problems.ts'
import { type Answer, problemAnswer } from '../route-reference.ts'

const away = problemAnswer('The database does not answer at the moment.', 'database-unavailable')

/** Of routes that look. */
export const lookRefusals: Readonly<Record<number, Answer>> = {
  401: {
    ...problemAnswer('There is no access token, or none that is good.', 'token-missing', 'token-refused'),
    headers: { 'WWW-Authenticate': '`Bearer realm="api"`, with `error="invalid_token"` when a token was sent.' },
  },
  503: away,
}

/** Of routes that change something: they ask for a proof just before. */
export const changeRefusals: Readonly<Record<number, Answer>> = {
  401: {
    ...problemAnswer(
      'There is no good access token, or its session was not proven just before, or not by two factors although the user has a second one.',
      'token-missing',
      'token-refused',
      'step-up-required',
    ),
    headers: {
      'WWW-Authenticate':
        '`Bearer realm="api"`; with `error="insufficient_user_authentication"` when a fresh or a stronger proof is asked for (RFC 9470).',
    },
  },
  503: away,
}

/** Of routes that read a body. */
export const bodyRefusals: Readonly<Record<number, Answer>> = {
  400: problemAnswer('The body is not as it must be; `errors` says where.', 'malformed-request'),
  415: problemAnswer('The body is not JSON.', 'unsupported-media-type'),
}

/** One more refusal, by its status. */
export function refusal(status: number, description: string, ...codes: RefusalCode[]): Record<number, Answer> {
  return { [status]: problemAnswer(description, ...codes) }
}
