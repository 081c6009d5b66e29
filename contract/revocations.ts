/**
 * The revocation feed: which sessions ended before their access tokens expired. Open to everybody, like the key set: a
 * session id says nothing about a person.
 *
 * - `GET /api/revocations?after=<cursor>` answers one page as a compact JWS (`application/jwt`).
 * - `GET /api/revocations/stream?after=<cursor>` is a stream of server-sent events; the `data` of each is such a page and its
 *   `id` the page's cursor. A page is sent when something was revoked, and an empty one at least every
 *   {@link REVOCATION_HEARTBEAT_SECONDS}: it proves that nothing was.
 *
 * Without `after` the pages hold all revocations whose tokens a verifier may still take. A page with `more` is not the end of
 * them: ask for the next one at once with its cursor, of whichever process; a stream sends it by itself. Only a page without it
 * says that everything is known. Pages may repeat entries; none is left out.
 */

/** `typ` of a page's header (RFC 8725 §3.11): no other token of ours passes for a page, and no page for a token. */
export const REVOCATIONS_TYPE = 'revocations+jwt'

export const REVOCATION_HEARTBEAT_SECONDS = 2

/**
 * The most that a verifier's clock may be taken to be behind: entries are served for so much longer than `exp`, since one that
 * begins then would not know of them and take their tokens.
 */
export const MOST_CLOCK_TOLERANCE_SECONDS = 30

/** Half a megabyte. */
export const MOST_REVOCATIONS_A_PAGE = 5_000

export type Revocation = {
  /** The ended session. */
  sid: string
  /**
   * When its last access token expires by itself, in seconds since the epoch: forget the entry then, or later by as much as your
   * clock may be behind.
   */
  exp: number
}

/** Claims of a page. */
export type RevocationPage = {
  iss: string
  /** When the page was true, in seconds since the epoch, with fractions. */
  iat: number
  /** Ask with it next: text without meaning to anybody but the service. */
  cursor: string
  /** At most {@link MOST_REVOCATIONS_A_PAGE}, and those of the last moment. */
  revocations: Revocation[]
  /** There are more that had ended at `iat`. Absent: these were the last ones. */
  more?: true
  /**
   * The ids of the keys that verify at `iat`. One that a verifier fetched before and does not find here was retired, maybe
   * because it was stolen: nothing that it signed is good any more.
   */
  keys: string[]
}
