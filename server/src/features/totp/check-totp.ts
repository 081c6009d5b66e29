import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Email } from '../email/email.ts'
import type { Events } from '../events/events.ts'
import type { Users } from '../users/users.ts'
import { contextOf } from './enrol-totp.ts'
import { findStep, readCode } from './one-time-password.ts'
import * as store from './store.ts'

/**
 * NIST SP 800-63B-4 §3.2.2: at most 100 failures in a row on one authenticator, then it is disabled until it is bound
 * again. With three codes right at a time, 100 tries guess one with a chance of 1 in 3,333.
 */
export const MOST_FAILURES = 100

export type CheckDeps = {
  database: Database
  clock: Clock
  sealer: Sealer
  events: Events
  users: Pick<Users, 'listHeld'>
  email: Pick<Email, 'notify'>
}

export type CodeAttempt = { userId: number; code: string; origin: Origin }

/** `disabled`: no code is right until the user enrols an app anew. */
export type TotpCheck = { kind: 'right' } | { kind: 'wrong' } | { kind: 'disabled' }

/**
 * Whether the code is the user's now. A try is paid for before the code is looked at, so that guesses sent all at once
 * are no more than guesses sent one by one; each time step is taken once, by one of those who show its code.
 */
export async function checkTotp(deps: CheckDeps, { userId, code, origin }: CodeAttempt): Promise<TotpCheck> {
  const { database, clock, sealer } = deps
  const stored = await store.findTotp(database.db, userId)
  if (!stored) return { kind: 'wrong' }
  if (!(await database.statement((db) => store.payTry(db, stored, MOST_FAILURES)))) return { kind: 'disabled' }
  const now = clock.now()
  const secret = sealer.open(stored.secretSealed, contextOf(stored))
  const step = findStep({ secret, lastStep: stored.lastStep }, readCode(code) ?? '', now)
  const isTaken = step !== undefined && (await database.statement((db) => store.takeStep(db, stored, step, now)))
  if (isTaken) return { kind: 'right' }
  return (await disableIfFailing(deps, stored, origin)) ? { kind: 'disabled' } : { kind: 'wrong' }
}

/** Disables what this was one failure too many of; true when it was this call that did. */
function disableIfFailing(deps: CheckDeps, stored: store.StoredTotp, origin: Origin): Promise<boolean> {
  const { database, clock, events } = deps
  return database.transaction(async (tx) => {
    if (!(await store.disableFailing(tx, stored, MOST_FAILURES, clock.now()))) return false
    await events.append(tx, {
      type: 'factor.disabled',
      userId: stored.userId,
      actor: { kind: 'anonymous' }, // whoever guesses has not proven to be the user
      origin,
      reason: 'too-many-failures',
      data: { factor: 'totp' },
    })
    await tellOwner(deps, tx, stored.userId, origin)
    return true
  })
}

/** ASVS 6.3.7. Whoever guesses has the first factor, so somebody may know the password. */
async function tellOwner({ users, email }: CheckDeps, tx: Db, userId: number, origin: Origin): Promise<void> {
  const [user] = await users.listHeld(tx, [userId])
  if (!user) return
  const { email: to, locale } = user
  await email.notify(tx, { message: 'factor-disabled', facts: { factor: 'totp' }, to, userId, locale, origin })
}
