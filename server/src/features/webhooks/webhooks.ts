/**
 * Webhooks: addresses that operators name and that events are sent to, signed (Standard Webhooks 1.0), at least once, in order
 * per user, tried again for three days, and never to a private address.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { refused } from '../../platform/refusal.ts'
import type { Consumer } from '../events/events.ts'
import {
  type ChangeDeps,
  type ChangedBy,
  changeEndpoint,
  createEndpoint,
  redeliver,
  removeEndpoint,
  rotateSecret,
} from './change-endpoints.ts'
import { type DeliverDeps, deliverTo } from './deliver.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import type { Endpoint, EndpointFields } from './endpoint.ts'
import { createFanOut } from './fan-out.ts'
import { sealAgain } from './secrets.ts'
import * as store from './store.ts'

export type { ChangedBy } from './change-endpoints.ts'
export { type Delivery, type DeliveryState, deliveryStates } from './delivery.ts'
export type { Endpoint } from './endpoint.ts'

export type Webhooks = {
  list(): Promise<Endpoint[]>
  /** @throws Refusal 'not-found' */
  get(id: string): Promise<Endpoint>
  /** @returns with the secret, shown this once @throws Refusal 'malformed-request', 'too-many-webhooks' */
  create(fields: Omit<EndpointFields, 'isEnabled'>, by: ChangedBy): Promise<{ endpoint: Endpoint; secret: string }>
  /** @throws Refusal 'not-found', 'malformed-request' */
  change(id: string, change: Partial<EndpointFields>, by: ChangedBy): Promise<void>
  /** With everything that is on its way there. @throws Refusal 'not-found' */
  remove(id: string, by: ChangedBy): Promise<void>
  /** @returns the new secret, shown this once; the one before signs for a day too @throws Refusal 'not-found', 'conflict' */
  rotateSecret(id: string, by: ChangedBy): Promise<string>
  /** The latest first. @throws Refusal 'not-found' */
  listDeliveries(
    id: string,
    page: { state?: DeliveryState | undefined; before?: number | undefined; most: number },
  ): Promise<Delivery[]>
  /** Sends again what was delivered, or given up. @throws Refusal 'not-found', also once retention has removed the event */
  redeliver(id: string, eventId: string, by: ChangedBy): Promise<void>
  /** Hears of all events, and notes who wants which. */
  consumer: Consumer
  /** Sends what is due now, to all endpoints at once. @returns how many attempts there were */
  deliverDue(until: AbortSignal): Promise<number>
  /** Sends what is due, again and again, until the signal. Any number of processes may. */
  deliver(until: AbortSignal): Promise<void>
  /** Up to which sequence every event that was to be sent somewhere has been, or was given up. */
  sentUpTo(): Promise<number>
  /** Forgets deliveries that were finished so long ago. @returns how many */
  purge(keptMs: number): Promise<number>
  /** Seals every secret under the SECRET_KEY in use. @returns how many endpoints had some under another */
  sealAgain(): Promise<number>
}

export type WebhooksDeps = DeliverDeps & ChangeDeps & { config: { pollMs: number } }

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  const { database, clock, logger, config } = deps
  const busy = new Map<string, Promise<number>>()

  async function get(id: string): Promise<Endpoint> {
    const endpoint = await store.findEndpoint(database.db, id)
    if (!endpoint) throw refused('not-found')
    return endpoint
  }

  /** One that hangs keeps only itself waiting. */
  async function startDue(until: AbortSignal): Promise<Promise<number>[]> {
    for (const id of await store.listDueEndpoints(database.db, clock.now())) {
      if (busy.has(id)) continue
      const sending = deliverTo(deps, id, until).catch((error: unknown) => {
        logger.warn({ webhookId: id, err: error }, 'deliveries to a webhook wait')
        return 0
      })
      busy.set(
        id,
        sending.finally(() => busy.delete(id)),
      )
    }
    return [...busy.values()]
  }

  return {
    list: () => store.listEndpoints(database.db),
    get,
    create: (fields, by) => createEndpoint(deps, fields, by),
    change: (id, change, by) => changeEndpoint(deps, id, change, by),
    remove: (id, by) => removeEndpoint(deps, id, by),
    rotateSecret: (id, by) => rotateSecret(deps, id, by),
    async listDeliveries(id, { state, before = Number.MAX_SAFE_INTEGER, most }) {
      await get(id)
      return store.listDeliveries(database.db, id, { state, before, most })
    },
    redeliver: (id, eventId, by) => redeliver(deps, id, eventId, by),
    consumer: createFanOut(deps),
    async deliverDue(until) {
      const attempts = await Promise.all(await startDue(until))
      return attempts.reduce((sum, count) => sum + count, 0)
    },
    async deliver(until) {
      while (!until.aborted) {
        await startDue(until).catch((error: unknown) => logger.warn({ err: error }, 'deliveries to webhooks wait'))
        await wait(config.pollMs, undefined, { signal: until, ref: false }).catch(() => {}) // an abort ends the loop
      }
      await Promise.all(busy.values())
    },
    sentUpTo: async () => (await store.findFirstDue(database.db)) - 1,
    purge: async (keptMs) => Number(await store.purgeFinished(database.db, clock.now() - keptMs)),
    sealAgain: () => sealAgain(deps),
  }
}
