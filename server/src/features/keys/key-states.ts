/** When keys are made, promoted and retired. Pure: next → current → previous → retired. */
import type { Algorithm } from './algorithm.ts'

export type KeyState = 'next' | 'current' | 'previous' | 'retired'

/** Times in milliseconds since the epoch. */
export type KeyFacts = {
  id: string
  algorithm: Algorithm
  state: KeyState
  createdAt: number
  /** When it began to sign; null while it is next. */
  activatedAt: number | null
  /** When the last token that it signed expires; null until it is previous. */
  retireAt: number | null
}

export type RotationPolicy = {
  /** How long a key signs. */
  rotationMs: number
  /** How long a key is published before it signs: longer than verifiers keep the key set. */
  publishAheadMs: number
  /** The longest that a token lives. */
  tokenMs: number
}

export type Step =
  | { kind: 'make'; algorithm: Algorithm; state: 'next' | 'current' }
  | { kind: 'promote'; next: string; current: string | null; retireAt: number }
  | { kind: 'demote'; id: string; retireAt: number }
  | { kind: 'retire'; id: string }

/** How eager: by the calendar, as soon as the next key has been published for long enough, or at once. */
export type Urgency = 'when-due' | 'soon' | 'now'

/**
 * What is to be done for one algorithm. Running the steps and planning again leads on by itself; nothing to do is an
 * empty list.
 *
 * @param keys of this algorithm that are not retired
 */
export function planRotation(
  keys: readonly KeyFacts[],
  algorithm: Algorithm,
  now: number,
  policy: RotationPolicy,
  urgency: Urgency,
): Step[] {
  return [...planRetirement(keys, now), ...planSuccession(keys, algorithm, now, policy, urgency)]
}

function planRetirement(keys: readonly KeyFacts[], now: number): Step[] {
  const retired = keys.filter(({ state, retireAt }) => state === 'previous' && (retireAt ?? now) <= now)
  return retired.map(({ id }): Step => ({ kind: 'retire', id }))
}

/**
 * What is to be done with keys of algorithms that are not configured any more: nobody needs the next one, and the current one
 * only verifies from now on. One that is younger than a key is published ahead may be of a process that has other settings, as
 * in a restart of several machines one after the other: if each retired the other's, they would make new ones every minute.
 *
 * @param keys of all algorithms that are not retired
 */
export function planDismissal(
  keys: readonly KeyFacts[],
  configured: readonly Algorithm[],
  now: number,
  policy: RotationPolicy,
  urgency: Urgency,
): Step[] {
  const others = keys.filter(({ algorithm }) => !configured.includes(algorithm))
  const isOld = (since: number) => urgency === 'now' || since + policy.publishAheadMs <= now
  const steps = others.flatMap(({ id, state, createdAt, activatedAt }): Step[] => {
    if (state === 'current' && isOld(activatedAt ?? createdAt))
      return [{ kind: 'demote', id, retireAt: now + policy.tokenMs }]
    return state === 'next' && isOld(createdAt) ? [{ kind: 'retire', id }] : []
  })
  return [...planRetirement(others, now), ...steps]
}

function planSuccession(
  keys: readonly KeyFacts[],
  algorithm: Algorithm,
  now: number,
  policy: RotationPolicy,
  urgency: Urgency,
): Step[] {
  const current = keys.find(({ state }) => state === 'current')
  const next = keys.find(({ state }) => state === 'next')
  const promote = (id: string): Step => ({
    kind: 'promote',
    next: id,
    current: current?.id ?? null,
    retireAt: now + policy.tokenMs,
  })
  if (!current) return next ? [promote(next.id)] : [{ kind: 'make', algorithm, state: 'current' }]

  const dueAt = urgency === 'when-due' ? (current.activatedAt ?? now) + policy.rotationMs : now
  if (!next) return dueAt - policy.publishAheadMs <= now ? [{ kind: 'make', algorithm, state: 'next' }] : []
  const isPublished = urgency === 'now' || next.createdAt + policy.publishAheadMs <= now
  return isPublished && dueAt <= now ? [promote(next.id)] : []
}
