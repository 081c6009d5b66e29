/**
 * The revocation feed: which sessions ended before their access tokens expired. Open to everybody, like the key set: a
 * session id says nothing about a person.
 *
 * - `GET /api/revocations?after=<cursor>` answers one page as a compact JWS (`application/jwt`).
 * - `GET /api/revocations/stream?after=<cursor>` is a stream of server-sent events; the `data` of each is such a page and its
 *   `id` the page's cursor. A page is sent when something was revoked, and an empty one at least every
 *   {@link REVOCATION_HEARTBEAT_SECONDS}: it proves that nothing was.
 *
 * Without `after` a page holds all revocations whose tokens have not expired. Pages may repeat entries; none is left out.
 */

/** `typ` of a page's header (RFC 8725 §3.11): no other token of ours passes for a page, and no page for a token. */
export const REVOCATIONS_TYPE = 'revocations+jwt'

export const REVOCATION_HEARTBEAT_SECONDS = 2

export type Revocation = {
  /** The ended session. */
  sid: string
  /** When its last access token expires by itself, in seconds since the epoch: forget the entry then. */
  exp: number
}

/** Claims of a page. */
export type RevocationPage = {
  iss: string
  /** When the page was true, in seconds since the epoch, with fractions. */
  iat: number
  /** Ask with it next: text without meaning to anybody but the service. */
  cursor: string
  revocations: Revocation[]
  /**
   * The ids of the keys that verify at `iat`. One that a verifier fetched before and does not find here was retired, maybe
   * because it was stolen: nothing that it signed is good any more.
   */
  keys: string[]
}
