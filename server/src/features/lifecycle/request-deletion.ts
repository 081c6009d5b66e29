import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Visitor } from '../limits/limits.ts'
import type { EndedSession } from '../sessions/sessions.ts'
import { emailKey, type User } from '../users/users.ts'
import type { Deletion } from './deletion.ts'
import type { LifecycleDeps } from './deps.ts'
import { eraseHeld } from './erase-user.ts'
import * as store from './store.ts'
import { tellErased } from './tell-erased.ts'

export type DeletionRequest = {
  userId: number
  /** The session that asks; undefined where it has none. */
  sessionId: string | undefined
  origin: Origin
  visitor: Visitor
}

/** `isErased`: there is no delay here, and the account is gone. */
export type RequestedDeletion = Deletion & { isErased: boolean }

type Requested = { deletion: RequestedDeletion; ended: readonly EndedSession[] }

/**
 * The account of this user will be erased when the delay is over; all sessions end at once. The owner is told by mail, with what
 * takes it back. Asked for again, it changes nothing but that the sessions end (RFC 9110 §9.2.2).
 *
 * @throws Refusal 'token-refused' when the user is gone or the session has ended, and those of limits: each request is a mail
 */
export async function requestDeletion(deps: LifecycleDeps, request: DeletionRequest): Promise<RequestedDeletion> {
  const { database, email, limits, users, sessions } = deps
  const { userId, sessionId, visitor } = request
  const user = await users.find(userId)
  if (!user) throw refused('token-refused', { reason: 'ended' })
  if (email.mode !== 'off') await limits.take({ purpose: 'mail-to-self', identifierKey: emailKey(user.email), visitor })
  const { deletion, ended } = await database.transaction(async (tx) => {
    // It locks the row: no login opens a session in between, and of two requests at once the second finds the first.
    const isHeld = await users.noteSessionsEnded(tx, userId)
    const isOpen = isHeld && (sessionId === undefined || (await sessions.isOpen(tx, sessionId)))
    if (!isOpen) throw refused('token-refused', { reason: 'ended' })
    return deps.config.deletionDelayMs === 0 ? eraseNow(deps, tx, request) : schedule(deps, tx, request)
  })
  await sessions.announce(ended)
  return deletion
}

async function schedule(
  deps: LifecycleDeps,
  tx: Db,
  { userId, sessionId, origin }: DeletionRequest,
): Promise<Requested> {
  const { clock, config, events, sessions } = deps
  const actor = { kind: 'user', id: userId } as const
  const ended = await sessions.endAllOf(tx, userId, 'deletion-requested', { actor, origin })
  const before = await store.findDeletion(tx, userId)
  if (before) return { deletion: { ...before, isErased: false }, ended }
  const requestedAt = clock.now()
  const deletion: Deletion = { requestedAt, dueAt: requestedAt + config.deletionDelayMs }
  await store.insertDeletion(tx, userId, deletion)
  const data = { dueAt: new Date(deletion.dueAt).toISOString() }
  const asked = { userId, actor, sessionId, origin }
  await events.append(tx, { type: 'deletion.requested', ...asked, data })
  await tellOwner(deps, tx, userId, deletion, origin)
  return { deletion: { ...deletion, isErased: false }, ended }
}

/** Code and link are good as long as the account is there, and for this very request. */
async function tellOwner(
  { email, users }: LifecycleDeps,
  tx: Db,
  userId: number,
  { requestedAt, dueAt }: Deletion,
  origin: Origin,
): Promise<void> {
  const [user] = await users.listHeld(tx, [userId])
  if (email.mode === 'off' || !user) return // who signs in can still take it back
  const { email: address, locale } = user
  const lifetimeSeconds = (dueAt - requestedAt) / 1000
  const state = String(requestedAt)
  await email.sendCode(tx, { purpose: 'undo-deletion', userId, address, locale, state, origin, lifetimeSeconds })
}

async function eraseNow(
  deps: LifecycleDeps,
  tx: Db,
  { userId, sessionId, origin }: DeletionRequest,
): Promise<Requested> {
  const [user] = (await deps.users.listHeld(tx, [userId])) as [User]
  const actor = { kind: 'user', id: userId } as const
  const told = { actor, sessionId, origin, reason: 'asked-by-user' } as const
  const ended = (await eraseHeld(deps, tx, user, told)) ?? []
  await tellErased(deps, tx, user)
  const now = deps.clock.now()
  return { deletion: { requestedAt: now, dueAt: now, isErased: true }, ended }
}
