/** Claims of the tokens that this service signs: what clients and resource servers may rely on. */

export type TokenType = 'access' | 'refresh'

/**
 * Claims of an access or refresh token (RFC 7519 §4.1). Times are whole seconds since the epoch.
 * `user_id` and `token_type` are what the clients of the old service read.
 */
export type TokenClaims = {
  token_type: TokenType
  /** The token's own id: 32 hexadecimal characters. */
  jti: string
  iat: number
  exp: number
  /** Issuer: the service's public address. */
  iss: string
  /** Audience. */
  aud: string
  /** Subject: the user's id as text. */
  sub: string
  /** The same id as an integer. */
  user_id: number
  /** The session that the token belongs to: 32 hexadecimal characters. It ends, the token ends. */
  sid: string
}
