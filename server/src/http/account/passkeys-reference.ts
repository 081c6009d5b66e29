/** What the routes of passkeys say about themselves. */
import type { Operation, RouteReference } from '../route-reference.ts'
import { bodyRefusals, changeRefusals, lookRefusals, refusal } from './factor-refusals.ts'

const time = { type: 'string', format: 'date-time' } as const
const text = { type: 'string' } as const

const passkeySchema = {
  $id: 'Passkey',
  type: 'object',
  required: [
    'id',
    'name',
    'credential_id',
    'rp_id',
    'aaguid',
    'transports',
    'is_backup_eligible',
    'is_backed_up',
    'created_at',
    'last_used_at',
  ],
  properties: {
    id: text,
    name: text,
    credential_id: { ...text, description: 'Base64url, as the browser knows it.' },
    rp_id: { ...text, description: 'The domain that it belongs to. It can be used with no other.' },
    aaguid: { ...text, description: 'The model of the authenticator, as it says itself.' },
    transports: { type: 'array', items: text, description: 'How a browser may reach it.' },
    is_backup_eligible: { type: 'boolean', description: 'Whether it may be copied to other devices.' },
    is_backed_up: { type: 'boolean', description: 'Whether it had been, when it was used last.' },
    created_at: time,
    last_used_at: { type: ['string', 'null'], format: 'date-time' },
  },
} as const

const signalsSchema = {
  $id: 'PasskeySignals',
  type: 'object',
  description:
    'For `PublicKeyCredential.signalAllAcceptedCredentials()` and `signalCurrentUserDetails()`: the authenticators of the person then offer no passkey that is gone, and no old name.',
  required: ['rpId', 'userId', 'allAcceptedCredentialIds', 'name', 'displayName'],
  properties: {
    rpId: text,
    userId: { ...text, description: 'The user handle, base64url.' },
    allAcceptedCredentialIds: { type: 'array', items: text },
    name: text,
    displayName: text,
  },
} as const

export const listPasskeys: RouteReference = {
  kind: 'operation',
  id: 'listPasskeys',
  group: 'Account',
  summary: 'My passkeys',
  description: 'The passkeys of the caller, the oldest first, and what a page can tell the authenticators about them.',
  bearer: true,
  answers: {
    200: {
      description: 'The passkeys.',
      schema: {
        type: 'object',
        required: ['passkeys', 'signals'],
        properties: { passkeys: { type: 'array', items: passkeySchema }, signals: signalsSchema },
      },
    },
    ...lookRefusals,
  },
}

export const startPasskey: RouteReference = {
  kind: 'operation',
  id: 'startPasskeyEnrolment',
  group: 'Account',
  summary: 'Begin to enrol a passkey',
  description:
    'Options for `navigator.credentials.create()`. The challenge in them is good for one answer, within five minutes, from the same session.',
  bearer: true,
  answers: {
    201: {
      description: 'Read it with `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
      schema: {
        $id: 'PasskeyCreationOptions',
        type: 'object',
        description: '`PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3 §5.1.9).',
        required: ['challenge', 'rp', 'user', 'pubKeyCredParams'],
        properties: {
          challenge: text,
          rp: { type: 'object' },
          user: { type: 'object' },
          pubKeyCredParams: { type: 'array', items: { type: 'object' } },
        },
      },
    },
    ...changeRefusals,
  },
}

export const addPasskey = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'addPasskey',
  group: 'Account',
  summary: 'Enrol the passkey that was made',
  description: 'It can be used to sign in from now on. Other sessions stay.',
  bearer: true,
  body,
  answers: {
    201: { description: 'It is enrolled.', schema: passkeySchema },
    ...bodyRefusals,
    ...changeRefusals,
    ...refusal(409, 'It is registered already, or there are too many.', 'passkey-taken', 'too-many-passkeys'),
    ...refusal(410, 'The challenge is not one that waits for this session.', 'challenge-refused'),
    ...refusal(422, 'It is not what was asked for.', 'passkey-refused'),
  },
})

export const renamePasskey = (body: NonNullable<Operation['body']>): RouteReference => ({
  kind: 'operation',
  id: 'renamePasskey',
  group: 'Account',
  summary: 'Rename a passkey',
  description: 'The name is for its owner only.',
  bearer: true,
  body,
  answers: {
    204: { description: 'It has the name.' },
    ...bodyRefusals,
    ...lookRefusals,
    ...refusal(404, 'The caller has no such passkey.', 'not-found'),
  },
})

export const removePasskey: RouteReference = {
  kind: 'operation',
  id: 'removePasskey',
  group: 'Account',
  summary: 'Remove a passkey',
  description:
    'Nobody can sign in with it any more, and the other sessions end. Ask for the list afterwards, and tell the authenticators.',
  bearer: true,
  answers: {
    204: { description: 'It is removed.' },
    ...changeRefusals,
    ...refusal(404, 'The caller has no such passkey.', 'not-found'),
    ...refusal(409, 'The caller has neither a password nor another passkey.', 'last-way-in'),
  },
}
