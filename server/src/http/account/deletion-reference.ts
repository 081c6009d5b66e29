/** What the routes of leaving say about themselves, and what of an account is kept. */
import { problemAnswer, type RouteReference } from '../route-reference.ts'
import { changeRefusals, lookRefusals, refusal } from './factor-refusals.ts'

/** What is still there when an account is deleted, and why: told to whoever asks for it (GDPR articles 12(1), 17(3)). */
export const kept = [
  {
    what: 'The number of the account.',
    why: 'It is never given again, so that other services take nobody else for its owner.',
  },
  {
    what: 'The record of what happened to the account, without addresses, devices and whatever else is personal in it.',
    why: 'The key that these were sealed with is deleted: nobody can read them. The rest stays, so that the record of the service is whole.',
  },
  {
    what: 'That its sessions ended.',
    why: 'Other services refuse its last tokens by that; it goes a week after they have expired.',
  },
  {
    what: 'Which of the services that are told of events were sent which, by the number of the account.',
    why: 'They must hear that it was deleted, after what happened before; it goes 30 days after they took it, or were given up.',
  },
  {
    what: 'The last mail to you, and what others asked to be sent to your address, sealed.',
    why: 'It goes when it has been sent, after a day at the most.',
  },
  {
    what: 'Networks that somebody tried to sign in from, as keyed hashes.',
    why: 'They hold off whoever guesses, and belong to no account; they go within hours.',
  },
  {
    what: 'Networks and browsers that signed in with an address that the account had before, and tries at that address, as keyed hashes.',
    why: 'Nothing leads from them to the account; they go after 400 days at the most.',
  },
  {
    what: 'What the database has let go of, in its files and logs.',
    why: 'No question reaches it; it is gone when the database writes over it, or is compacted.',
  },
  {
    what: 'The tables of the service that was here before, where they still stand beside those of this one.',
    why: 'This service only reads them: ask those who run it.',
  },
  {
    what: 'Backups, where there are some.',
    why: 'The account is in them as it was, until they expire: ask those who run the service.',
  },
] as const

const time = { type: 'string', format: 'date-time' } as const
const deletion = {
  $id: 'AccountDeletion',
  type: 'object',
  required: ['at', 'is_deleted', 'undo', 'kept'],
  properties: {
    at: { ...time, description: 'When the account is deleted, or was.' },
    is_deleted: { type: 'boolean', description: 'Whether it is gone already: where the service has no delay.' },
    undo: {
      type: 'array',
      items: { enum: ['mail', 'sign-in'] },
      description: 'How it can be taken back until then: by the mail that was sent, by signing in and saying so.',
    },
    kept: {
      type: 'array',
      description: 'What is still there afterwards, and why.',
      items: {
        type: 'object',
        required: ['what', 'why'],
        properties: { what: { type: 'string' }, why: { type: 'string' } },
      },
    },
  },
} as const

const scheduled = {
  at: '2026-12-05T12:00:00.000Z',
  is_deleted: false,
  undo: ['mail', 'sign-in'],
  kept,
}

export const deleteAccount: RouteReference = {
  kind: 'operation',
  id: 'deleteAccount',
  group: 'Account',
  summary: 'Delete my account',
  description:
    'Every session ends at once, also the one that asks. The account itself is deleted after the days of ' +
    '`ACCOUNT_DELETION_DAYS`: until then its owner can take that back, by the mail that is sent now or signed in. Asked for ' +
    'again, the time stays.',
  bearer: true,
  answers: {
    200: { description: 'The account is deleted: the service has no delay.', schema: deletion },
    202: { description: 'It is going to be.', schema: deletion, examples: { scheduled } },
    ...changeRefusals,
    429: problemAnswer('Too many mails were asked for.', 'too-many-requests'),
  },
}

export const undoDeletion: RouteReference = {
  kind: 'operation',
  id: 'undoDeletion',
  group: 'Account',
  summary: 'Keep my account',
  description: 'Takes the deletion back, once, while it waits. What it ended stays ended.',
  bearer: true,
  answers: {
    204: { description: 'The account stays.' },
    ...lookRefusals,
    ...refusal(404, 'No deletion waits, or somebody has just taken it back.', 'not-found'),
  },
}
