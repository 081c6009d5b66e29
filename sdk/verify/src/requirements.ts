import { checkNames, checkNumber, checkTexts } from './check-option.ts'
import type { VerifiedToken } from './token.ts'
import { TokenError } from './token-error.ts'

/** What a token must carry besides being good. Names are compared exactly. */
export type Requirements = {
  /** All of these must be in `scope`. */
  readonly requireScopes?: readonly string[]
  /** All of these must be in `roles`. */
  readonly requireRoles?: readonly string[]
  /** All of these must be in `permissions`: what the roles hold, so that a role may change without the service. */
  readonly requirePermissions?: readonly string[]
  /** `acr` must be one of these; put the preferred one first (RFC 9470 §3). */
  readonly requireAcr?: readonly string[]
  /** Seconds since the person last signed in (`auth_time`), at most. */
  readonly requireMaxAge?: number
}

export const requirementNames: readonly (keyof Requirements)[] = [
  'requireScopes',
  'requireRoles',
  'requirePermissions',
  'requireAcr',
  'requireMaxAge',
]

/** A requirement that is misspelt would require nothing. @throws TypeError */
export function checkRequirements(requirements: Requirements, otherNames: readonly string[] = []): void {
  const { requireScopes, requireRoles, requirePermissions, requireAcr, requireMaxAge } = requirements
  checkNames('requirements', requirements, [...requirementNames, ...otherNames])
  if (requireScopes !== undefined) checkTexts('requireScopes', requireScopes)
  if (requireRoles !== undefined) checkTexts('requireRoles', requireRoles)
  if (requirePermissions !== undefined) checkTexts('requirePermissions', requirePermissions)
  if (requireAcr !== undefined) checkTexts('requireAcr', requireAcr)
  if (requireMaxAge !== undefined) checkNumber('requireMaxAge', requireMaxAge, 0, Number.MAX_SAFE_INTEGER)
}

/**
 * @param now in seconds
 * @param tolerance of clocks, in seconds
 * @throws TokenError 'scope', 'role', 'permission', 'acr', 'max-age'
 */
export function applyRequirements(
  { scopes, roles, permissions, claims }: VerifiedToken,
  { requireScopes = [], requireRoles = [], requirePermissions = [], requireAcr, requireMaxAge }: Requirements,
  now: number,
  tolerance: number,
): void {
  if (!requireScopes.every((scope) => scopes.includes(scope))) throw new TokenError('scope')
  if (!requireRoles.every((role) => roles.includes(role))) throw new TokenError('role')
  if (!requirePermissions.every((permission) => permissions.includes(permission))) throw new TokenError('permission')
  if (requireAcr && !requireAcr.includes(claims.acr ?? '')) throw new TokenError('acr')
  // Without `auth_time` nobody knows when it was: too long ago.
  const signedInAt = claims.auth_time ?? Number.NEGATIVE_INFINITY
  if (requireMaxAge !== undefined && signedInAt + requireMaxAge + tolerance < now) throw new TokenError('max-age')
}
