/**
 * Token Status List (draft-ietf-oauth-status-list): for verifiers that follow the standard instead of our revocation feed.
 * An access token names its bit (`status.status_list`); `GET <uri>` answers a signed JWT with the bits of many sessions.
 */

/** `typ` of a status list's header (§5.1): it passes for no other token of ours. */
export const STATUS_LIST_TYPE = 'statuslist+jwt'

export const STATUS_LIST_MEDIA_TYPE = 'application/statuslist+jwt'

/** How long a list may be kept before it is fetched anew: how far a verifier that keeps it lags behind. */
export const STATUS_LIST_TTL_SECONDS = 10

/** Which bit tells of a token (§6.1). */
export type StatusClaim = { status_list: { idx: number; uri: string } }

/** Claims of a status list (§5.1). Times are seconds since the epoch. */
export type StatusListClaims = {
  iss: string
  /** The `uri` of the tokens that point here. */
  sub: string
  /** When the list was true. */
  iat: number
  /** Nothing may be concluded from it any more then. */
  exp: number
  ttl: number
  status_list: {
    /** One bit a session: 0 is VALID, 1 is INVALID (§7.1). */
    bits: 1
    /** The bits, the least significant of each byte first, compressed (zlib, RFC 1950) and in base64url. */
    lst: string
  }
}
