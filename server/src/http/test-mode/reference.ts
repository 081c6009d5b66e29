/** What the routes of this folder say about themselves. */
import { type Operation, problemAnswer, type RouteReference, type Schema } from '../route-reference.ts'

type Body = NonNullable<Operation['body']>

const group = 'Test mode'
const elsewhere = problemAnswer('Asked from another machine, or through a proxy.', 'not-found')
const away = problemAnswer('The database does not answer at the moment.', 'database-unavailable')
const always = { 404: elsewhere, 503: away } as const
const badBody = {
  400: problemAnswer('The body is not as it must be; `errors` says where.', 'malformed-request'),
  415: problemAnswer('The body is not JSON.', 'unsupported-media-type'),
} as const
const badQuery = { 400: problemAnswer('The query is not as it must be.', 'malformed-request') } as const

const clockSchema: Schema = {
  $id: 'TestClock',
  type: 'object',
  required: ['now', 'ahead_seconds'],
  properties: {
    now: { type: 'string', format: 'date-time' },
    ahead_seconds: { type: 'number', description: "How far it is ahead of the machine's." },
  },
}
const clock = {
  description: 'The clock of the service.',
  schema: clockSchema,
  examples: { ahead: { now: '2026-11-25T13:00:00.000Z', ahead_seconds: 3600 } },
}

export const readClock: RouteReference = {
  kind: 'operation',
  id: 'readTestClock',
  group,
  summary: 'What time it is',
  description: 'By the clock of the service, which tests move.',
  answers: { 200: clock, ...always },
}

export const moveClock = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'moveTestClock',
  group,
  summary: 'Move the clock forward',
  description:
    'Tokens, sessions, codes and waits expire as if the time had passed, signing keys rotate, and old rows are purged. Only this ' +
    'service lives by it: a service that verifies tokens by itself takes them for signed in the future.',
  body,
  answers: { 200: clock, ...badBody, ...always },
})

const query = {
  to: 'The recipient.',
  message: 'Which mail it is: `verify-address`, `recover-password`, `sign-in`, …',
}
const text = { type: ['string', 'null'] } as const

export const readMails: RouteReference = {
  kind: 'operation',
  id: 'readTestMails',
  group,
  summary: 'The mails that were written',
  description:
    'The latest first, at most the latest 200, with what people would type or follow. Mails are kept for a day by the clock.',
  query: { ...query, wait: 'Seconds (0 to 60) to wait for one where there is none yet.' },
  answers: {
    200: {
      description: 'The mails; an empty list when none came.',
      schema: {
        type: 'object',
        required: ['mails'],
        properties: {
          mails: {
            type: 'array',
            items: {
              $id: 'TestMail',
              type: 'object',
              properties: {
                id: { type: 'string' },
                message: { type: 'string' },
                to: { type: 'string' },
                language: { type: 'string' },
                subject: { type: 'string' },
                text: { type: 'string' },
                html: { type: 'string' },
                created_at: { type: 'string', format: 'date-time' },
                code: { ...text, description: 'The six digits in it; null: there are none.' },
                link: { ...text, description: 'Where its button leads.' },
                token: { ...text, description: 'The token of the link.' },
              },
            },
          },
        },
      },
    },
    ...badQuery,
    ...always,
  },
}

const count = (name: string): Schema => ({
  type: 'object',
  required: [name],
  properties: { [name]: { type: 'integer', minimum: 0 } },
})

export const removeMails: RouteReference = {
  kind: 'operation',
  id: 'removeTestMails',
  group,
  summary: 'Remove mails',
  description: 'All of them, or those that the query names. Their codes and links stay good.',
  query,
  answers: { 200: { description: 'How many.', schema: count('removed') }, ...badQuery, ...always },
}

export const seedUser = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'seedTestUser',
  group,
  summary: 'Make a user',
  description: 'With everything that a test needs, in one step. No mail is written.',
  body,
  answers: {
    201: {
      description: 'The user is made.',
      schema: {
        $id: 'SeededUser',
        type: 'object',
        required: ['id', 'email'],
        properties: {
          id: { type: 'integer' },
          email: { type: 'string' },
          recovery_codes: { type: 'array', items: { type: 'string' }, description: 'With `totp_secret`.' },
          access: { type: 'string', description: 'With `tokens`, as the next.' },
          refresh: { type: 'string' },
        },
      },
    },
    ...badBody,
    404: problemAnswer('There is no such role; or asked from another machine.', 'not-found'),
    409: problemAnswer('Somebody has this address.', 'identifier-taken'),
    422: problemAnswer('The policy refuses the password.', 'password-refused'),
    503: problemAnswer('The database does not answer, or too many passwords wait.', 'database-unavailable', 'too-busy'),
  },
})

export const reset = (body: Body): RouteReference => ({
  kind: 'operation',
  id: 'resetTest',
  group,
  summary: 'Begin anew',
  description:
    'Removes users with all that is theirs, mails and limits. Tokens of before are refused at once. Signing keys, roles, events, ' +
    'settings and the clock stay; ids are not given again.',
  body,
  answers: { 200: { description: 'How many users there were.', schema: count('erased_users') }, ...badBody, ...always },
})
