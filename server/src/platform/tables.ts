/** Every table as a type, with the feature that owns it: the data on one page. Times (`…_at`) are milliseconds since the epoch. */
import type { Generated } from 'kysely'
import type {
  CheckpointKeyTable,
  CheckpointTable,
  EventConsumerTable,
  EventHeadTable,
  EventRetentionTable,
  EventTable,
  PersonKeyTable,
  WebhookDeliveryTable,
  WebhookEndpointTable,
} from './event-tables.ts'

export type { EventTable, WebhookDeliveryTable, WebhookEndpointTable } from './event-tables.ts'

/** Owner: users. */
export type UserTable = {
  id: Generated<number>
  /** As it was typed at registration. */
  email: string
  /** What uniqueness compares: NFC, lower case. */
  email_key: string
  first_name: string
  last_name: string
  created_at: number
  last_login_at: number | null
  disabled_at: number | null
  /** When all sessions were ended at once: tokens of the old service from before, which name no session, are worth nothing. */
  sessions_ended_at: number | null
  /** Since when a sign-in of this user needs a second factor; null: it does not. */
  second_factor_since: number | null
  /** Since when a user who registered in private may not sign in before the address is proved; null: nothing is awaited. */
  awaits_proof_since: number | null
  /** When the user proved to read what is sent to the address; null: never. */
  email_verified_at: number | null
  /** Language of mails and pages (BCP 47); null: not chosen. */
  locale: string | null
}

/** Owner: lifecycle. Who asked for their account to be deleted, and has not taken it back. */
export type AccountDeletionTable = {
  user_id: number
  requested_at: number
  /** When the account is erased. */
  due_at: number
}

/** Owner: passwords. */
export type PasswordTable = {
  user_id: number
  /** PHC string, or a Django hash until the next login. */
  hash: string
  /** Scheme and parameters without salt and digest: what a stand-in for an unknown user is chosen by. */
  scheme: string
  changed_at: number
}

/** Owner: keys. */
export type SigningKeyTable = {
  /** The `kid`: the key's thumbprint (RFC 7638). */
  id: string
  algorithm: string
  state: 'next' | 'current' | 'previous' | 'retired'
  /** State and algorithm while the key is next or current, else null. Unique: one of each, whoever races. */
  slot: string | null
  public_jwk: string
  /** Empty once the key is retired. */
  private_key_sealed: string
  created_at: number
  /** When it began to sign. */
  activated_at: number | null
  /** When the last token that it signed expires. */
  retire_at: number | null
}

/** Owner: sessions. */
export type SessionTable = {
  id: string
  user_id: number
  opened_at: number
  last_used_at: number
  /** When the last refresh token of the session expires. */
  expires_at: number
  /** When the last access token of the session expires. */
  access_expires_at: number
  /** `jti` of the one refresh token that rotates the session. */
  current_token_id: string
  /** SHA-256 of the text of that token, base64url; null where the old service signed it, and in rows of earlier releases. */
  current_token_hash: string | null
  /** `jti` of the refresh token before it; repeated within the grace window it gets the same successor. */
  parent_token_id: string | null
  rotated_at: number | null
  /** The current refresh token, sealed: what a repeat of its parent is answered with. */
  successor_sealed: string | null
  ended_at: number | null
  end_reason: string | null
  /** What was proven (RFC 8176), words separated by spaces; null in rows of earlier releases, as the next two. */
  amr: string | null
  /** The assurance level that `amr` amounts to. */
  acr: string | null
  /** Since when. */
  authenticated_at: number | null
  /** Its bit in the status lists; null for those of earlier releases, and imported ones. */
  status_index: number | null
  /** Counts what changed in its claims: refresh tokens that name another number do not say all of it. */
  claims_version: number
  address: string | null
  user_agent: string | null
}

/** Owner: sessions. Ended sessions whose access tokens have not all expired yet. */
export type RevocationTable = {
  id: Generated<number>
  session_id: string
  ended_at: number
  /** When the last access token of the session expires by itself. */
  expires_at: number
  status_index: number | null
}

/** Owner: sessions. Counts the bits of the status lists: each row is one that was given out. Only the last one is kept. */
export type StatusIndexTable = { id: Generated<number>; allotted_at: number }

/** Owner: email. One mail that is still to be sent; without SMTP, one of the development mailbox. */
export type MailTable = {
  /** Also the `Message-ID`, so that a mail that was sent twice can be told. */
  id: string
  /** Which mail it is: a name of `features/email/mails.ts`. */
  message: string
  user_id: number | null
  /** 1: it is never sent. It stands for the mail that a known address would have got. */
  is_decoy: number
  /** Recipient, subject and both bodies, sealed. */
  sealed: string
  created_at: number
  /** How many times it was tried. */
  attempts: number
  /** When it is tried next; while it is being tried, when that try is given up for lost. */
  due_at: number
  give_up_at: number
}

/** Owner: email. The latest code and link of a purpose and an address: a new one takes the place of the old one. */
export type EmailCodeTable = {
  /** Digest of purpose and address. */
  slot: string
  id: string
  purpose: string
  user_id: number | null
  address: string
  /** What the caller bound it to, and compares again. */
  state: string
  /** Keyed hash of the six digits; null: this purpose has a link only. */
  code_hash: string | null
  /** SHA-256 of the link's token. */
  token_hash: string
  tries: number
  created_at: number
  expires_at: number
  used_at: number | null
}

/** Owner: email. Codes that were refused, counted so that each refusal writes as much, whether there was a code or not. */
export type RefusedCodeTable = { counter: number; refusals: number }

/** Owner: limits. How often something was tried; docs/how-to/limits.md says what the numbers mean. */
export type RateBucketTable = {
  /** The kind and a keyed hash of what is counted: no address and no identifier can be read from it. */
  id: string
  kind: 'account' | 'pair' | 'known' | 'address' | 'global'
  /** A keyed hash of the identifier, where one is counted: all that is about an account can be ended together. */
  account: string | null
  free_at: number
  failures: number
  /** When the row may go, in full hours. */
  expires_at: number
}

/** Owner: limits. Challenges whose solution was taken, until they would have expired. */
export type SpentChallengeTable = {
  /** The nonce of the challenge. */
  id: string
  expires_at: number
}

/** Owner: totp. One a user: the code app that is enrolled. */
export type TotpTable = {
  user_id: number
  /** Another one after each enrolment: what was begun with the secret before does not end with the new one. */
  id: string
  secret_sealed: string
  enrolled_at: number
  /** The time step (RFC 6238 §4.2) of the last code that was taken: each is taken once, in order. */
  last_step: number
  last_used_at: number | null
  /** Tries since the last right one. */
  failures: number
  /** When there were too many of them: no code is right until the user enrols anew. */
  disabled_at: number | null
}

/** Owner: totp. One a user: a secret that was shown, and waits for the code that proves that an app has it. */
export type TotpEnrolmentTable = {
  user_id: number
  id: string
  /** Who began: the same session ends it. */
  session_id: string | null
  secret_sealed: string
  expires_at: number
}

/** Owner: totp. The recovery codes that a user was given last. */
export type RecoveryCodeSetTable = {
  user_id: number
  id: string
  /** What the codes are hashed with, sealed. */
  key_sealed: string
  made_at: number
}

/** Owner: totp. */
export type RecoveryCodeTable = {
  set_id: string
  code_hash: string
  used_at: number | null
}

/** Owner: passkeys. One row a public key credential (WebAuthn §4, credential record). */
export type PasskeyTable = {
  id: string
  user_id: number
  /** Base64url, as all bytes here. */
  credential_id: string
  /** SHA-256 of the credential id as it is written above: what uniqueness compares. */
  credential_hash: string
  /** COSE_Key (RFC 9052 §7). */
  public_key: string
  /** Of the relying party that it was made for: with no other it can be used. */
  rp_id: string
  signature_count: number
  /** Flag BE: whether it may be copied to other devices. Never changes. */
  is_backup_eligible: 0 | 1
  /** Flag BS at its last use. */
  is_backed_up: 0 | 1
  /** Words of the browser, separated by commas. */
  transports: string
  /** The model of the authenticator, as it says itself: nobody vouches for it. */
  aaguid: string
  name: string
  created_at: number
  last_used_at: number | null
}

/** Owner: passkeys. What authenticators know a user by (WebAuthn §14.6.1): 64 random bytes, nothing about the person. */
export type UserHandleTable = { user_id: number; handle: string }

/** Owner: passkeys. */
export type WebauthnChallengeTable = {
  /** SHA-256 of the challenge as it is written in base64url. */
  challenge_hash: string
  purpose: string
  /** Whose ceremony it is; null when that is what the ceremony finds out. */
  user_id: number | null
  /** The session or sign-in attempt that began it. */
  bound_to: string | null
  expires_at: number
  spent_at: number | null
}

/** Owner: sign-in. Sign-ins whose first factor is proven and whose second one is due. */
export type SignInAttemptTable = {
  /** SHA-256 of its token, in hexadecimal. */
  id: string
  user_id: number
  /** What has been proven (RFC 8176), separated by spaces. */
  amr: string
  begun_at: number
  expires_at: number
  /** Tries of the second factor. */
  tries: number
  /** When it was finished. */
  spent_at: number | null
}

/** Owner: roles. Roles beside those that come with the service. */
export type RoleTable = {
  name: string
  /** Words, separated by spaces. */
  permissions: string
  created_at: number
  changed_at: number
}

/** Owner: roles. */
export type UserRoleTable = {
  user_id: number
  /** The name of a role. */
  role: string
  granted_at: number
  /** Null: from the operator's shell. */
  granted_by: number | null
}

export type Tables = {
  event: EventTable
  person_key: PersonKeyTable
  event_head: EventHeadTable
  event_consumer: EventConsumerTable
  checkpoint: CheckpointTable
  checkpoint_key: CheckpointKeyTable
  event_retention: EventRetentionTable
  webhook_endpoint: WebhookEndpointTable
  webhook_delivery: WebhookDeliveryTable
  mail: MailTable
  email_code: EmailCodeTable
  refused_code: RefusedCodeTable
  rate_bucket: RateBucketTable
  spent_challenge: SpentChallengeTable
  user: UserTable
  account_deletion: AccountDeletionTable
  password: PasswordTable
  signing_key: SigningKeyTable
  session: SessionTable
  revocation: RevocationTable
  status_index: StatusIndexTable
  totp: TotpTable
  totp_enrolment: TotpEnrolmentTable
  recovery_code_set: RecoveryCodeSetTable
  recovery_code: RecoveryCodeTable
  passkey: PasskeyTable
  user_handle: UserHandleTable
  webauthn_challenge: WebauthnChallengeTable
  sign_in_attempt: SignInAttemptTable
  role: RoleTable
  user_role: UserRoleTable
}

/** Which feature writes which table. `table-owners.test.ts` holds everybody to it. */
export const tableOwners: Readonly<Record<keyof Tables, string>> = {
  event: 'events',
  person_key: 'events',
  event_head: 'events',
  event_consumer: 'events',
  checkpoint: 'audit',
  checkpoint_key: 'audit',
  event_retention: 'audit',
  webhook_endpoint: 'webhooks',
  webhook_delivery: 'webhooks',
  mail: 'email',
  email_code: 'email',
  refused_code: 'email',
  rate_bucket: 'limits',
  spent_challenge: 'limits',
  user: 'users',
  account_deletion: 'lifecycle',
  password: 'passwords',
  signing_key: 'keys',
  session: 'sessions',
  revocation: 'sessions',
  status_index: 'sessions',
  totp: 'totp',
  totp_enrolment: 'totp',
  recovery_code_set: 'totp',
  recovery_code: 'totp',
  passkey: 'passkeys',
  user_handle: 'passkeys',
  webauthn_challenge: 'passkeys',
  sign_in_attempt: 'sign-in',
  role: 'roles',
  user_role: 'roles',
}
