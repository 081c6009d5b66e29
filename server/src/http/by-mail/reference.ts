/** What the routes of this folder say about themselves. */
import { type Answer, type Operation, problemAnswer, type RouteReference } from '../route-reference.ts'

type Body = NonNullable<Operation['body']>

const nothing = { $id: 'Nothing', type: 'object', maxProperties: 0 } as const
const accepted: Answer = {
  description: 'Whether somebody has the address or not: if somebody has, the mail is on its way.',
  schema: nothing,
}
const always = {
  400: problemAnswer('The body is not as it must be; `errors` says where.', 'malformed-request'),
  415: problemAnswer('The body is not JSON.', 'unsupported-media-type'),
  429: problemAnswer(
    'Too many mails were asked for, or too much was tried.',
    'too-many-requests',
    'challenge-required',
  ),
} as const
const away = problemAnswer('The database does not answer at the moment.', 'database-unavailable')
const awayOrMailOff = problemAnswer(
  'The database does not answer, or there is no mail here (`SMTP_URL`).',
  'database-unavailable',
  'mail-not-configured',
)
const busy = problemAnswer(
  'The database does not answer, or too many passwords wait.',
  'database-unavailable',
  'too-busy',
)
const MAIL_CODE = 'The code or the link does nothing: `reason` says why.'

export const forgotPassword = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'forgotPassword',
  group: 'Sign-in',
  summary: 'Ask for a new password',
  description: 'Mails a code and a link that are good for ten minutes, once. What the address was sent before is void.',
  body,
  answers: { 202: accepted, ...always, 503: awayOrMailOff },
})

export const resetPassword = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'resetPassword',
  group: 'Sign-in',
  summary: 'Set a new password',
  description:
    'With the code or the token of the link. All sessions end; a second factor stays. Proves the address, too. A password that ' +
    'the policy refuses uses nothing up.',
  body,
  answers: {
    204: { description: 'The password is set. Sign in with it.' },
    ...always,
    422: problemAnswer(`${MAIL_CODE} Or the policy refuses the password.`, 'mail-code-refused', 'password-refused'),
    503: busy,
  },
})

export const verifyAddress = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'verifyAddress',
  group: 'Sign-in',
  summary: 'Prove an address',
  description:
    'With the code or the token of the link. The first time, everything that was set before without this proof ends: the ' +
    'password, passkeys, the app for codes, sessions. What stays is the session whose access token is sent along, with what it ' +
    'was proven by, and the password if it is typed.',
  body,
  answers: {
    204: { description: 'The address is proved.' },
    ...always,
    401: problemAnswer('An access token was sent that is not good.', 'token-refused'),
    422: problemAnswer(
      `${MAIL_CODE} Or it is good and the password is wrong, and nothing was used up.`,
      'mail-code-refused',
      'proof-refused',
    ),
    503: busy,
  },
})

export const undoDeletion = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'undoDeletionByMail',
  group: 'Sign-in',
  summary: 'Keep an account that is going to be deleted',
  description:
    'With the code or the token of the link, which are good once, as long as the deletion waits. It signs nobody in.',
  body,
  answers: {
    204: { description: 'The account stays.' },
    ...always,
    422: problemAnswer(MAIL_CODE, 'mail-code-refused'),
    503: away,
  },
})

export const startCodeSignIn = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'startCodeSignIn',
  group: 'Sign-in',
  summary: 'Ask for a code to sign in with',
  description:
    'Mails a code that is good for ten minutes, once; with `SIGN_IN_LINK_URL` also a link. Only with `PASSWORDLESS=on`.',
  body,
  answers: {
    202: accepted,
    ...always,
    404: problemAnswer('`PASSWORDLESS` is off.', 'not-found'),
    503: awayOrMailOff,
  },
})

export const codeSignIn = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'codeSignIn',
  group: 'Sign-in',
  summary: 'Sign in with a code or a link',
  description: 'It is one factor: whoever has set up a second one is asked for it.',
  body,
  answers: {
    200: {
      description: 'Signed in.',
      schema: {
        type: 'object',
        required: ['refresh', 'access'],
        properties: { refresh: { type: 'string' }, access: { type: 'string' } },
      },
    },
    ...always,
    401: problemAnswer(
      'A second factor is due: `mfa_token` and `methods` are in the answer, and `POST /api/login/mfa/` goes on.',
      'mfa-required',
    ),
    404: problemAnswer('`PASSWORDLESS` is off.', 'not-found'),
    422: problemAnswer(MAIL_CODE, 'mail-code-refused'),
    503: away,
  },
})
