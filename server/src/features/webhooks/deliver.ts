import { CLOUD_EVENT_TYPE } from '../../../../contract/events.ts'
import { type Clock, secondsOf } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Fetch } from '../../platform/fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Events } from '../events/events.ts'
import { type Answer, type Next, nextOf } from './attempt.ts'
import type { Delivery } from './delivery.ts'
import { secretsOf } from './secrets.ts'
import { signedHeaders } from './signature.ts'
import {
  claimDelivery,
  disableEndpoint,
  findEndpoint,
  holdEndpoint,
  listDue,
  noteDelivered,
  type StoredEndpoint,
  saveOutcome,
} from './store.ts'

export type DeliverDeps = {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  fetch: Fetch
  events: Events
  config: { allowPrivate: boolean; timeoutMs: number }
}

const AT_ONCE = 8 // to one endpoint, from one process
const CLAIM_MS = 60_000 // longer than an attempt takes: then its process has died
const MOST_ANSWER_BYTES = 64 * 1024

/**
 * Sends what is due to an endpoint, one batch after the other, until nothing is due, it wants a pause, or the signal.
 *
 * @returns how many attempts there were
 */
export async function deliverTo(deps: DeliverDeps, endpointId: string, until: AbortSignal): Promise<number> {
  let attempts = 0
  while (!until.aborted) {
    const { database, clock } = deps
    const endpoint = await findEndpoint(database.db, endpointId)
    if (!endpoint?.isEnabled || endpoint.heldUntil > clock.now()) return attempts
    const due = await listDue(database.db, endpointId, clock.now(), AT_ONCE)
    if (due.length === 0) return attempts
    const made = await Promise.all(due.map((delivery) => attempt(deps, endpoint, delivery)))
    attempts += made.filter(Boolean).length
  }
  return attempts
}

/** @returns false: another process was first */
async function attempt(deps: DeliverDeps, endpoint: StoredEndpoint, delivery: Delivery): Promise<boolean> {
  const { database, clock } = deps
  if (!(await claimDelivery(database.db, delivery, clock.now() + CLAIM_MS))) return false
  const claimed = { ...delivery, attempts: delivery.attempts + 1 }
  const answer = await send(deps, endpoint, delivery)
  await note(deps, endpoint, claimed, answer, nextOf(answer, claimed.attempts, clock.now(), Math.random()))
  return true
}

async function send(deps: DeliverDeps, endpoint: StoredEndpoint, delivery: Delivery): Promise<Answer> {
  const { clock, events, fetch, config } = deps
  const [told] = await events.listTold([delivery.sequence])
  if (!told) return { failure: 'event-missing' }
  const body = JSON.stringify(told.event)
  const signed = { id: delivery.eventId, seconds: secondsOf(clock.now()), body }
  const outcome = await fetch({
    url: endpoint.url,
    method: 'POST',
    headers: { 'content-type': CLOUD_EVENT_TYPE, ...signedHeaders(secretsOf(deps, endpoint), signed) },
    body,
    timeoutMs: config.timeoutMs,
    maxBytes: MOST_ANSWER_BYTES,
    ignoresBody: true,
    allowPrivate: config.allowPrivate,
    allowPlain: config.allowPrivate,
  })
  if (outcome.kind === 'failed') return { failure: outcome.reason }
  return { status: outcome.status, retryAfter: outcome.headers['retry-after'] }
}

async function note(
  { database, clock, logger, events }: DeliverDeps,
  endpoint: StoredEndpoint,
  delivery: Delivery,
  answer: Answer,
  next: Next,
): Promise<void> {
  const now = clock.now()
  const { id } = endpoint
  const disabling = next.kind === 'dead' && whyDisable(endpoint, delivery, next.isGone)
  await database.transaction(async (tx) => {
    const isNoted = await saveOutcome(tx, delivery, {
      state: next.kind === 'again' ? 'due' : next.kind,
      nextAt: next.kind === 'again' ? next.at : delivery.nextAt,
      lastStatus: 'status' in answer ? answer.status : null,
      lastFailure: 'failure' in answer ? answer.failure : null,
      finishedAt: next.kind === 'again' ? null : now,
    })
    if (!isNoted) return // it took longer than a claim lasts, and another attempt has begun
    if (next.kind === 'delivered') await noteDelivered(tx, id, now)
    if (next.kind === 'again' && next.holdUntil !== undefined) await holdEndpoint(tx, id, next.holdUntil)
    if (disabling && (await disableEndpoint(tx, id, disabling))) {
      const data = { webhookId: id }
      await events.append(tx, {
        type: 'webhook.disabled',
        userId: null,
        actor: { kind: 'system' },
        reason: disabling,
        data,
      })
    }
  })
  if (next.kind === 'delivered') return
  const { eventId, attempts } = delivery
  const level = next.kind === 'dead' ? logger.warn : logger.info
  level.call(
    logger,
    { webhookId: id, eventId, attempts, ...answer, next: next.kind },
    'a webhook did not take an event',
  )
}

/** Standard Webhooks 1.0: 410 disables; so does a receiver that took nothing for as long as an event was tried. */
function whyDisable(
  { deliveredAt }: StoredEndpoint,
  { createdAt }: Delivery,
  isGone: boolean,
): 'gone' | 'failing' | undefined {
  if (isGone) return 'gone'
  return (deliveredAt ?? 0) < createdAt ? 'failing' : undefined
}
