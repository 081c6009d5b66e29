/** Every table as a type, with the feature that owns it: the data on one page. Times (`…_at`) are milliseconds since the epoch. */
import type { Generated } from 'kysely'

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
}

/** Owner: events. One row a fact, never changed. */
export type EventTable = {
  id: string
  /** A name of `contract/events.ts`. */
  type: string
  occurred_at: number
  /** Whom it is about. */
  user_id: number | null
  actor_kind: string
  actor_id: number | null
  session_id: string | null
  client_id: string | null
  address: string | null
  user_agent: string | null
  result: string
  reason: string | null
  /** A JSON object. */
  data: string
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
  user: UserTable
  password: PasswordTable
  signing_key: SigningKeyTable
  session: SessionTable
  revocation: RevocationTable
  role: RoleTable
  user_role: UserRoleTable
}

/** Which feature writes which table. `table-owners.test.ts` holds everybody to it. */
export const tableOwners: Readonly<Record<keyof Tables, string>> = {
  event: 'events',
  user: 'users',
  password: 'passwords',
  signing_key: 'keys',
  session: 'sessions',
  revocation: 'sessions',
  role: 'roles',
  user_role: 'roles',
}
