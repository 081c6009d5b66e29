/** Why a token is not accepted: the closed list of codes, each with its sentence. */
export const tokenErrorCodes = {
  malformed: 'The token is not a signed JWT of the expected form.',
  signature: 'The signature of the token is wrong.',
  expired: 'The token has expired.',
  'not-yet-valid': 'The token is not valid yet.',
  issuer: 'The token comes from another issuer.',
  audience: 'The token is meant for another audience.',
  type: 'The token is of another type.',
  'unknown-key': 'The token is signed with a key that its issuer does not publish.',
  revoked: 'The session of the token has ended.',
  scope: 'The token lacks a scope that is required here.',
  role: 'The user lacks a role that is required here.',
  permission: 'The user lacks a permission that is required here.',
  acr: 'The sign-in was not strong enough for this.',
  'max-age': 'The sign-in was too long ago for this.',
  unavailable: 'The token cannot be checked at the moment.',
} as const

export type TokenErrorCode = keyof typeof tokenErrorCodes

/**
 * The one error of a verification. Every code but `unavailable` is a refusal and stays one; `unavailable` says that nothing
 * could be decided (keys or revocations are out of reach): the same token may be good a moment later.
 */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly code: TokenErrorCode

  constructor(code: TokenErrorCode, cause?: unknown) {
    super(tokenErrorCodes[code], cause === undefined ? undefined : { cause })
    this.code = code
  }

  get isRefusal(): boolean {
    return this.code !== 'unavailable'
  }
}
