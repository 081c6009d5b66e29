/** How strongly and when a session was proven. Pure: which class that is, what a fresh proof adds, what a demand accepts. */
import type { AuthClass, AuthMethod } from '../../../../contract/claims.ts'

/** What somebody proved just now. */
export type Proof = {
  amr: readonly AuthMethod[]
  /** Milliseconds since the epoch. */
  authenticatedAt: number
}

/** What a session stands on. Nothing is known of sessions of the old service: `amr` is empty. */
export type Assurance = Proof & { acr: AuthClass }

/** What a route asks of a session. */
export type Demand = {
  /** One of these classes, the preferred one first. */
  acr?: readonly AuthClass[]
  /** Proven at most so long ago. */
  maxAgeSeconds?: number
}

type Factor = 'know' | 'have'

// NIST SP 800-63B-4 §2.2.1: two distinct factors. An e-mailed code is none (§3.1.3.1), nor is a touch.
const factors: { readonly [M in AuthMethod]?: readonly Factor[] } = {
  pwd: ['know'],
  otp: ['have'],
  hwk: ['have'],
  swk: ['have'],
  pop: ['have'],
  user: [],
  mfa: ['have', 'know'], // a multi-factor authenticator (§3.1.7): the second one may also be a finger or a face
  email: [],
}

/** How many distinct factors were proven. */
function strengthOf(amr: readonly AuthMethod[]): number {
  return new Set(amr.flatMap((method) => factors[method] ?? [])).size // a newer release may know more words
}

/** Two distinct factors, or an authenticator that verified its user, are aal2; anything else is aal1. */
export function acrOf(amr: readonly AuthMethod[]): AuthClass {
  return strengthOf(amr) >= 2 ? 'aal2' : 'aal1'
}

/**
 * What a session stands on after a fresh proof. It is never weaker or older than before. A proof that is weaker than the
 * session, and adds no factor to it, changes nothing: a password alone does not make a session of two factors fresh again, nor
 * a link in a mail one of a password (GHSA-hp74-gm6m-2qm5).
 */
export function raiseAssurance(before: Assurance, fresh: Proof): Assurance {
  const amr = [...new Set([...before.amr, ...fresh.amr])]
  const isAsStrong = strengthOf(fresh.amr) >= strengthOf(before.amr)
  const addsFactor = strengthOf(amr) > strengthOf(before.amr)
  if (fresh.amr.length === 0 || !(isAsStrong || addsFactor)) return before
  return { amr, acr: acrOf(amr), authenticatedAt: Math.max(before.authenticatedAt, fresh.authenticatedAt) }
}

/** @param now milliseconds since the epoch */
export function meetsDemand({ amr, acr, authenticatedAt }: Assurance, demand: Demand, now: number): boolean {
  if (amr.length === 0) return false // nobody knows what was proven
  if (demand.acr && !demand.acr.includes(acr)) return false
  return demand.maxAgeSeconds === undefined || now - authenticatedAt <= demand.maxAgeSeconds * 1000
}
