/** What the routes of the profile, the password and the address say about themselves. */
import { type Operation, problemAnswer, type RouteReference } from '../route-reference.ts'
import { bodyRefusals, changeRefusals, lookRefusals, refusal } from './factor-refusals.ts'

type Body = NonNullable<Operation['body']>

const throttled = problemAnswer('Too much was tried.', 'too-many-requests')
const throttledOrChallenged = problemAnswer('Too much was tried.', 'too-many-requests', 'challenge-required')
const profile = {
  description: 'The caller.',
  schema: {
    $id: 'Profile',
    type: 'object',
    required: ['id', 'email', 'email_verified', 'first_name', 'last_name', 'locale', 'created_at', 'deletion'],
    properties: {
      id: { type: 'integer' },
      email: { type: 'string', format: 'email' },
      email_verified: {
        type: 'boolean',
        description: 'Whether the caller proved to read what is sent to the address.',
      },
      first_name: { type: 'string' },
      last_name: { type: 'string' },
      locale: { type: ['string', 'null'], description: 'Language of mails and pages (BCP 47).' },
      created_at: { type: 'string', format: 'date-time' },
      deletion: {
        type: ['object', 'null'],
        description:
          'That the account is going to be deleted; null: it is not. `POST /api/account/deletion/undo` takes it back.',
        required: ['at', 'requested_at'],
        properties: {
          at: { type: 'string', format: 'date-time', description: 'When.' },
          requested_at: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
} as const
const awayOrMailOff = problemAnswer(
  'The database does not answer, or there is no mail here (`SMTP_URL`).',
  'database-unavailable',
  'mail-not-configured',
)

export const showProfile: RouteReference = {
  kind: 'operation',
  id: 'showProfile',
  group: 'Account',
  summary: 'Who I am',
  description: 'The record of the caller.',
  bearer: true,
  answers: { 200: profile, ...lookRefusals },
}

export const changeProfile = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'changeProfile',
  group: 'Account',
  summary: 'Change names and language',
  description: 'What is not named stays as it is.',
  bearer: true,
  body,
  answers: { 200: profile, ...bodyRefusals, ...lookRefusals },
})

export const changePassword = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'changePassword',
  group: 'Account',
  summary: 'Change my password',
  description:
    'With the old one; or without it after a proof just before, as for other changes of factors: so somebody without a password ' +
    'sets a first one. The other sessions end.',
  bearer: true,
  body,
  answers: {
    204: { description: 'It is changed.' },
    ...bodyRefusals,
    ...changeRefusals,
    ...refusal(409, 'It was changed by somebody else just now.', 'conflict'),
    ...refusal(422, 'The old one is wrong, or the policy refuses the new one.', 'proof-refused', 'password-refused'),
    429: throttled,
    503: problemAnswer('The database does not answer, or too many passwords wait.', 'database-unavailable', 'too-busy'),
  },
})

export const requestProof: RouteReference = {
  kind: 'operation',
  id: 'requestAddressProof',
  group: 'Account',
  summary: 'Mail me a code to prove my address',
  description: 'What was sent before is void. `POST /api/email/verify` takes the code.',
  bearer: true,
  answers: {
    202: { description: 'The mail is on its way.', schema: { type: 'object' } },
    ...lookRefusals,
    429: throttled,
    503: awayOrMailOff,
  },
}

export const requestAddressChange = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'requestAddressChange',
  group: 'Account',
  summary: 'Ask for another address',
  description:
    'Mails a code to the new address; nothing changes before it is shown. The answer is the same when somebody has that address.',
  bearer: true,
  body,
  answers: {
    202: { description: 'The mail is on its way.', schema: { type: 'object' } },
    ...bodyRefusals,
    ...changeRefusals,
    ...refusal(409, 'It is the address of the caller already.', 'conflict'),
    429: throttledOrChallenged,
    503: awayOrMailOff,
  },
})

export const finishAddressChange = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'finishAddressChange',
  group: 'Account',
  summary: 'Change my address',
  description: 'With the code. The old address is told, and can undo it for a week.',
  bearer: true,
  body,
  answers: {
    204: { description: 'It is changed.' },
    ...bodyRefusals,
    ...lookRefusals,
    ...refusal(409, 'Somebody took the address meanwhile.', 'identifier-taken'),
    ...refusal(422, 'The code does nothing: `reason` says why.', 'mail-code-refused'),
    429: throttled,
  },
})
