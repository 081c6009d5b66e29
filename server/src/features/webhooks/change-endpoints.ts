import type { Actor, EventType } from '../../../../contract/events.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import { refused } from '../../platform/refusal.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Events } from '../events/events.ts'
import { checkFields, type Endpoint, type EndpointFields } from './endpoint.ts'
import { makeSecret } from './secrets.ts'
import * as store from './store.ts'

export type ChangeDeps = {
  database: Database
  clock: Clock
  sealer: Sealer
  events: Events
  config: { allowPrivate: boolean }
}

/** Who changes it, for the record. */
export type ChangedBy = { actor: Actor; origin?: Origin | undefined }

const MOST_ENDPOINTS = 50 // each wants a look at every event
const PREVIOUS_SECRET_MS = 24 * 3_600_000 // time enough to tell the receiver the new one

/** @returns with the secret, which is shown this once */
export async function createEndpoint(
  deps: ChangeDeps,
  fields: Omit<EndpointFields, 'isEnabled'>,
  by: ChangedBy,
): Promise<{ endpoint: Endpoint; secret: string }> {
  const { database, clock, config } = deps
  checkFields(fields, config)
  const id = randomId()
  const secret = makeSecret(deps, id)
  const endpoint: store.StoredEndpoint = {
    id,
    url: fields.url,
    description: fields.description,
    types: [...new Set(fields.types)] as unknown as Endpoint['types'],
    isEnabled: true,
    disabledBecause: null,
    createdAt: clock.now(),
    deliveredAt: null,
    secretSealed: secret.sealed,
    previousSecretSealed: null,
    previousUntil: null,
    heldUntil: 0,
  }
  await database.transaction(async (tx) => {
    if ((await store.listEndpoints(tx)).length >= MOST_ENDPOINTS) throw refused('too-many-webhooks')
    await store.insertEndpoint(tx, endpoint)
    await tell(deps, tx, 'webhook.created', by, { webhookId: id, host: new URL(fields.url).host })
  })
  return { endpoint, secret: secret.text }
}

/** @throws Refusal 'not-found', 'malformed-request' */
export async function changeEndpoint(
  deps: ChangeDeps,
  id: string,
  change: Partial<EndpointFields>,
  by: ChangedBy,
): Promise<void> {
  checkFields(change, deps.config)
  const changed = {
    ...change,
    ...(change.types && { types: [...new Set(change.types)] as unknown as Endpoint['types'] }),
  }
  await deps.database.transaction(async (tx) => {
    if (!(await store.updateEndpoint(tx, id, changed as store.EndpointChange))) throw refused('not-found')
    const what = Object.keys(change).sort().join(' ')
    const { isEnabled } = change
    await tell(deps, tx, 'webhook.changed', by, { webhookId: id, what, ...(isEnabled !== undefined && { isEnabled }) })
  })
}

/** @throws Refusal 'not-found' */
export async function removeEndpoint(deps: ChangeDeps, id: string, by: ChangedBy): Promise<void> {
  await deps.database.transaction(async (tx) => {
    if (!(await store.deleteEndpoint(tx, id))) throw refused('not-found')
    await tell(deps, tx, 'webhook.removed', by, { webhookId: id })
  })
}

/** Another secret; the one before signs for a day too. @returns it, shown this once @throws Refusal 'not-found', 'conflict' */
export async function rotateSecret(deps: ChangeDeps, id: string, by: ChangedBy): Promise<string> {
  const secret = makeSecret(deps, id)
  await deps.database.transaction(async (tx) => {
    const endpoint = await store.findEndpoint(tx, id)
    if (!endpoint) throw refused('not-found')
    const previousUntil = deps.clock.now() + PREVIOUS_SECRET_MS
    if (!(await store.replaceSecret(tx, endpoint, secret.sealed, previousUntil))) throw refused('conflict')
    await tell(deps, tx, 'webhook.changed', by, { webhookId: id, what: 'secret' })
  })
  return secret.text
}

/** What was delivered, or given up, is due again. @throws Refusal 'not-found', also when the event itself is not kept any more */
export async function redeliver(deps: ChangeDeps, id: string, eventId: string, by: ChangedBy): Promise<void> {
  const { database, clock, events } = deps
  const sequence = await events.findSequence(eventId) // of one that retention removed there is none
  if (sequence === undefined) throw refused('not-found')
  await database.transaction(async (tx) => {
    if (!(await store.reviveDelivery(tx, id, sequence, clock.now()))) throw refused('not-found')
    await tell(deps, tx, 'webhook.redelivered', by, { webhookId: id, eventId })
  })
}

function tell(
  { events }: ChangeDeps,
  tx: Db,
  type: EventType,
  { actor, origin }: ChangedBy,
  data: Record<string, string | boolean>,
): Promise<void> {
  return events.append(tx, { type, userId: null, actor, origin, data })
}
