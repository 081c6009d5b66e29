/** What a user can sign in with, and what may be taken away. Pure. */

/** Each kind of credential: whether it is a way in by itself, and whether it is a second factor beside a password. */
const kinds = {
  password: { isWayIn: true, isSecondFactor: false },
  passkey: { isWayIn: true, isSecondFactor: true },
  totp: { isWayIn: false, isSecondFactor: true },
  // For whoever lost the second factor: alone they are neither.
  'recovery-code': { isWayIn: false, isSecondFactor: false },
} as const

export type CredentialKind = keyof typeof kinds

/** How many of each kind a user has: those that can be used. */
export type Credentials = Readonly<Record<CredentialKind, number>>

/** What is left after one of a kind is taken away. */
export function without(credentials: Credentials, kind: CredentialKind): Credentials {
  return { ...credentials, [kind]: Math.max(0, credentials[kind] - 1) }
}

/** Whether a user with these can sign in at all. */
export function hasWayIn(credentials: Credentials): boolean {
  return kindsOf(credentials).some((kind) => kinds[kind].isWayIn)
}

/** Whether taking one of a kind away takes the last way in away. */
export function isLastWayIn(credentials: Credentials, kind: CredentialKind): boolean {
  return kinds[kind].isWayIn && !hasWayIn(without(credentials, kind))
}

/** Whether recovery codes are good for anything: there is a second factor that can be lost. */
export function hasSecondFactor(credentials: Credentials): boolean {
  return kindsOf(credentials).some((kind) => kinds[kind].isSecondFactor)
}

function kindsOf(credentials: Credentials): CredentialKind[] {
  return (Object.keys(kinds) as CredentialKind[]).filter((kind) => credentials[kind] > 0)
}
