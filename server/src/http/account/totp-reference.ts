/** What the routes of the app for codes say about themselves. */
import type { Operation, RouteReference } from '../route-reference.ts'
import { bodyRefusals, changeRefusals, lookRefusals, refusal } from './factor-refusals.ts'

const time = { type: 'string', format: 'date-time' } as const
const codesSchema = {
  type: ['array', 'null'],
  items: { type: 'string' },
  description: 'Ten codes, told this once: each stands for a second factor, one time.',
} as const
const codesExample = ['K7QF-2MZX-9RTD-HB4W', 'ZP3C-VW6K-N8QA-JT5M']

export const showTotp: RouteReference = {
  kind: 'operation',
  id: 'showTotp',
  group: 'Account',
  summary: 'My app for codes',
  description: 'Whether the caller has an app for one-time codes (RFC 6238), and how many recovery codes are left.',
  bearer: true,
  answers: {
    200: {
      description: 'What there is.',
      schema: {
        type: 'object',
        required: ['totp', 'recovery_codes_left'],
        properties: {
          totp: {
            type: ['object', 'null'],
            required: ['enrolled_at', 'last_used_at', 'is_disabled'],
            properties: {
              enrolled_at: time,
              last_used_at: { type: ['string', 'null'], format: 'date-time' },
              is_disabled: {
                type: 'boolean',
                description: 'After 100 wrong codes in a row no code is right until an app is enrolled anew.',
              },
            },
          },
          recovery_codes_left: { type: 'integer', minimum: 0 },
        },
      },
    },
    ...lookRefusals,
  },
}

export const startTotp: RouteReference = {
  kind: 'operation',
  id: 'startTotpEnrolment',
  group: 'Account',
  summary: 'Begin to enrol an app for codes',
  description:
    'Makes a secret for the app. It is no factor before a code of it was confirmed, within ten minutes, from the same session. Beginning again voids what was begun.',
  bearer: true,
  answers: {
    201: {
      description: 'Show `uri` as a QR code, and `secret` to whoever cannot scan it. Keep neither.',
      schema: {
        type: 'object',
        required: ['secret', 'uri', 'expires_at'],
        properties: {
          secret: { type: 'string', description: 'Base 32 (RFC 4648 §6).' },
          uri: { type: 'string', description: 'An `otpauth:` address.' },
          expires_at: time,
        },
      },
    },
    ...changeRefusals,
  },
}

export const confirmTotp = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'confirmTotp',
  group: 'Account',
  summary: 'Confirm the app with a code',
  description:
    'The app becomes a second factor, in the place of the one before; if there was one, the other sessions end. Recovery codes are made unless the caller has some.',
  bearer: true,
  body,
  answers: {
    201: {
      description: 'It is enrolled.',
      schema: {
        type: 'object',
        required: ['recovery_codes'],
        properties: {
          recovery_codes: { ...codesSchema, description: `${codesSchema.description} Null: some are left.` },
        },
      },
      examples: { first: { recovery_codes: codesExample } },
    },
    ...bodyRefusals,
    ...changeRefusals,
    ...refusal(410, 'No enrolment waits for this session.', 'enrolment-expired'),
    ...refusal(422, 'The code is wrong.', 'totp-code-refused'),
  },
})

export const removeTotp: RouteReference = {
  kind: 'operation',
  id: 'removeTotp',
  group: 'Account',
  summary: 'Remove the app for codes',
  description:
    'Its codes are good for nothing any more, and the other sessions end. Without a passkey the recovery codes go too.',
  bearer: true,
  answers: {
    204: { description: 'It is removed.' },
    ...changeRefusals,
    ...refusal(404, 'The caller has none.', 'not-found'),
  },
}

export const renewRecoveryCodes: RouteReference = {
  kind: 'operation',
  id: 'renewRecoveryCodes',
  group: 'Account',
  summary: 'Make new recovery codes',
  description: 'The ones before are void.',
  bearer: true,
  answers: {
    201: {
      description: 'The new ones.',
      schema: {
        type: 'object',
        required: ['recovery_codes'],
        properties: { recovery_codes: { ...codesSchema, type: 'array' } },
      },
      examples: { new: { recovery_codes: codesExample } },
    },
    ...changeRefusals,
    ...refusal(409, 'The caller has no second factor that could be lost.', 'second-factor-missing'),
  },
}
