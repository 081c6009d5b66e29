import type { Actor, EventType } from '../../../../contract/events.ts'
import { refused } from '../../platform/refusal.ts'
import type { OpenedEvent } from '../events/events.ts'
import { type AccountCaller, type AccountDeps, findCaller } from './deps.ts'

/** What people are shown of their account's history. What is not named here is not shown. */
const shown = [
  'user.registered',
  'user.imported',
  'user.changed',
  'user.exported',
  'user.disabled',
  'user.enabled',
  'user.signed-out',
  'deletion.requested',
  'deletion.undone',
  'sign-up.refused',
  'sign-in.succeeded',
  'sign-in.failed',
  'session.stepped-up',
  'session.ended',
  'session.reuse-detected',
  'limits.cleared',
  'password.changed',
  'password.removed',
  'factor.added',
  'factor.removed',
  'factors.reset',
  'factor.disabled',
  'recovery-codes.made',
  'recovery-code.used',
  'passkey.clone-suspected',
  'role.granted',
  'role.revoked',
  'email.changed',
  'email.verified',
] as const satisfies readonly EventType[]

/** Something that happened to an account, as its person may see it: of somebody else who did it nothing but what they are. */
export type HistoryEntry = Pick<
  OpenedEvent,
  'id' | 'type' | 'occurredAt' | 'result' | 'reason' | 'sessionId' | 'data'
> & {
  by: Actor['kind']
  address: string | null
  userAgent: string | null
}

export type HistoryPage = {
  /** At most so many. */
  most: number
  /** The id of the last entry of the page before. */
  before: string | undefined
}

/**
 * What happened to the account of the caller, the latest first.
 *
 * @throws Refusal 'token-refused' when the caller is gone, 'not-found' when `before` is no entry of theirs
 */
export async function showHistory(
  deps: AccountDeps,
  caller: AccountCaller,
  { most, before: cursor }: HistoryPage,
): Promise<HistoryEntry[]> {
  const { events } = deps
  const { id: userId } = await findCaller(deps, caller.userId)
  const before = cursor === undefined ? undefined : await events.findPosition(userId, cursor)
  if (cursor !== undefined && before === undefined) throw refused('not-found')
  return (await events.listAbout(userId, { most, before, types: shown })).map((event) => toEntry(event, userId))
}

/** From where an operator acted is the operator's; of whom nothing is known, it is what the person wants to see. */
export function toEntry(event: OpenedEvent, userId: number): HistoryEntry {
  const { id, type, occurredAt, result, reason, sessionId, data, actor, origin } = event
  const isTheirs = actor.kind !== 'operator' || actor.id === userId
  return {
    id,
    type,
    occurredAt,
    result,
    reason,
    sessionId,
    data,
    by: actor.kind,
    address: (isTheirs ? origin?.address : null) ?? null,
    userAgent: (isTheirs ? origin?.userAgent : null) ?? null,
  }
}
