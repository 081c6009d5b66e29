import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Mailer, SendOutcome } from '../../platform/mailer.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Events } from '../events/events.ts'
import { pauseAfter } from './delivery.ts'
import { claimMail, deleteMail, listDueMails, postponeMail, type QueuedMail } from './store.ts'
import { openMail } from './write-mail.ts'

export type DeliveryDeps = {
  database: Database
  clock: Clock
  sealer: Sealer
  events: Events
  logger: Logger
  mailer: Mailer
}

const AT_ONCE = 5 // one that hangs does not hold up the others, and no mail server is flooded
const LOOKED_AT = 10
const LEASE_MS = 3 * 60_000 // three times as long as a mail may take (SEND_SECONDS): then whoever had it is gone

export type Delivery = {
  /** Sends what is due, and resolves when nothing is, or when others are at it. @returns how many are done with */
  deliver(): Promise<number>
  /** Begins no other mail; resolves when those that are being sent have been. */
  end(): Promise<void>
}

/** A mail belongs to whoever claims its row: any number of processes may deliver at once. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const workers = new Set<Promise<number>>()
  const ending = new AbortController()
  const start = () => {
    const worker = deliverAll(deps, ending.signal).finally(() => workers.delete(worker))
    workers.add(worker)
    return worker
  }
  return {
    async deliver() {
      const due = await listDueMails(deps.database.db, deps.clock.now(), AT_ONCE)
      const hands = Math.min(due.length, AT_ONCE - workers.size)
      const counts = await Promise.all(Array.from({ length: hands }, start))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    async end() {
      ending.abort()
      await Promise.allSettled(workers)
    },
  }
}

async function deliverAll(deps: DeliveryDeps, ending: AbortSignal): Promise<number> {
  let done = 0
  while (!ending.aborted) {
    const mail = await claimNext(deps)
    if (!mail) return done
    if (await deliver(deps, mail)) done++
  }
  return done
}

async function claimNext({ database, clock }: DeliveryDeps): Promise<QueuedMail | undefined> {
  const now = clock.now()
  for (const mail of await listDueMails(database.db, now, LOOKED_AT)) {
    const isOurs = await database.statement((db) => claimMail(db, mail, now + LEASE_MS))
    if (isOurs) return { ...mail, attempts: mail.attempts + 1 }
  }
  return undefined
}

/** @returns whether the mail is done with, sent or given up */
async function deliver(deps: DeliveryDeps, mail: QueuedMail): Promise<boolean> {
  if (deps.clock.now() >= mail.giveUpAt && !mail.isDecoy) return giveUp(deps, mail, 'too-late', '')
  const outcome = await attempt(deps, mail)
  if (outcome.kind === 'sent') return finish(deps, mail)
  if (outcome.kind === 'refused') return giveUp(deps, mail, outcome.reason, outcome.answer)
  return postpone(deps, mail, outcome)
}

type Attempt = SendOutcome | { kind: 'refused'; reason: 'unusable'; answer: string }

async function attempt({ sealer, mailer }: DeliveryDeps, mail: QueuedMail): Promise<Attempt> {
  if (mail.isDecoy) return { kind: 'sent' }
  try {
    return await mailer.send({ id: mail.id, ...openMail(sealer, mail) })
  } catch (error) {
    return { kind: 'refused', reason: 'unusable', answer: String(error) } // sealed under a key that is gone, for one
  }
}

async function finish({ database, logger }: DeliveryDeps, { id, message, attempts, isDecoy }: QueuedMail) {
  await database.statement((db) => deleteMail(db, id))
  if (!isDecoy) logger.info({ mail: id, message, attempts }, 'mail sent')
  return true
}

async function postpone(
  { database, clock, logger }: DeliveryDeps,
  { id, message, attempts }: QueuedMail,
  { reason, answer }: Exclude<SendOutcome, { kind: 'sent' }>,
) {
  const pauseMs = pauseAfter(attempts)
  await database.statement((db) => postponeMail(db, id, attempts, clock.now() + pauseMs))
  logger.warn({ mail: id, message, attempts, reason, answer, pauseSeconds: pauseMs / 1000 }, 'mail not sent yet')
  return false
}

/** Why a mail is not tried any more. */
type Unsendable = Extract<SendOutcome, { kind: 'refused' }>['reason'] | 'too-late' | 'unusable'

async function giveUp(deps: DeliveryDeps, mail: QueuedMail, reason: Unsendable, answer: string) {
  const { database, events, logger } = deps
  const { id, message, userId, attempts } = mail
  const isGone = await database.transaction(async (tx) => {
    if (!(await deleteMail(tx, id))) return false
    await events.append(tx, {
      type: 'mail.failed',
      userId,
      actor: { kind: 'system' },
      result: 'failure',
      reason,
      data: { mail: id, message, attempts },
    })
    return true
  })
  if (isGone) logger.error({ mail: id, message, attempts, reason, answer }, 'mail given up')
  return true
}
