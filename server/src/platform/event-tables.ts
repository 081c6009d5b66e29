/** The tables of events, of their chain, and of where they are sent. A part of tables.ts, which has the whole list. */
import type { Generated } from 'kysely'

/** Owner: events. One row a fact, never changed but for getting its place in the chain. */
export type EventTable = {
  /** Counted by the database as rows are written: of two events of one user, the later one has the higher. */
  position: Generated<number>
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
  result: string
  reason: string | null
  /** A JSON object. */
  data: string
  /** Its place in the chain, without gaps; null until the relay has seen it. */
  sequence: number | null
  /** SHA-256 over the hash before it and all of the row, in hexadecimal. */
  hash: string | null
  /** Address and user agent, sealed under the key of whoever acted, or of whom it is about. */
  origin_sealed: string | null
  /** Personal parts of the data, sealed under the key of whom it is about. */
  personal_sealed: string | null
}

/** Owner: events. What the personal parts of a person's events are sealed under: without it nobody reads them again. */
export type PersonKeyTable = {
  /** 0: of nobody who is known. */
  user_id: number
  /** Null once the person is erased. The row stays, so that no other key is made. */
  key_sealed: string | null
  made_at: number
  erased_at: number | null
}

/** Owner: events. One row: the end of the chain, and which process makes it longer. */
export type EventHeadTable = {
  name: string
  sequence: number
  hash: string
  holder: string | null
  lease_ends_at: number
}

/** Owner: events. Up to which event each consumer has been told. */
export type EventConsumerTable = { name: string; sequence: number; moved_at: number }

/** Owner: audit. Signed statements of what the chain's hash was at a sequence. */
export type CheckpointTable = {
  sequence: number
  signed_at: number
  /** A compact JWS. */
  jws: string
}

/** Owner: audit. One row: up to where events were removed because they were old. */
export type EventRetentionTable = {
  name: string
  sequence: number
  /** A compact JWS that says so; empty while nothing was removed. */
  jws: string
}

/** Owner: audit. The public keys that checkpoints were signed with: sealed, so that nobody can put one of theirs there. */
export type CheckpointKeyTable = {
  /** The `kid`. */
  id: string
  jwk_sealed: string
}

/** Owner: webhooks. Where events are sent. */
export type WebhookEndpointTable = {
  id: string
  url: string
  description: string
  /** Event types, separated by spaces; `*` is all. */
  types: string
  state: 'enabled' | 'disabled'
  disabled_because: string | null
  secret_sealed: string
  /** Signs too, until `previous_until`. */
  previous_secret_sealed: string | null
  previous_until: number | null
  /** It asked to be left alone until then. */
  held_until: number
  /** When it last took one. */
  delivered_at: number | null
  created_at: number
}

/** Owner: webhooks. One event on its way to one endpoint. The event itself stays where it is. */
export type WebhookDeliveryTable = {
  endpoint_id: string
  /** Of the event. */
  sequence: number
  event_id: string
  type: string
  user_id: number | null
  state: 'due' | 'delivered' | 'dead'
  attempts: number
  /** When it is tried; while it is, when that counts as lost. */
  next_at: number
  /** HTTP status of the last answer. */
  last_status: number | null
  last_failure: string | null
  created_at: number
  finished_at: number | null
}
