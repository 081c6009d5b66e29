import type { EventType } from '../../../../contract/events.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import type { Consumer } from '../events/events.ts'
import { type Endpoint, wantsType } from './endpoint.ts'
import { insertDeliveries, listEndpoints, type NewDelivery } from './store.ts'

/** Writes down for each event which endpoints want it. What was written already stays, so that taking twice is taking once. */
export function createFanOut({ database, clock }: { database: Database; clock: Clock }): Consumer {
  return {
    name: 'webhooks',
    isIdle: async () => (await listTargets()).length === 0,
    async take(events) {
      const endpoints = await listTargets()
      const deliveries = events.flatMap(({ sequence, userId, event }) =>
        endpoints
          .filter((endpoint) => wantsType(endpoint, event.type as EventType) && isAfter(event.time, endpoint.createdAt))
          .map(({ id }): NewDelivery => ({ endpointId: id, sequence, eventId: event.id, type: event.type, userId })),
      )
      if (deliveries.length > 0) await database.transaction((tx) => insertDeliveries(tx, deliveries, clock.now()))
      return events.length
    },
  }

  async function listTargets() {
    return (await listEndpoints(database.db)).filter(isTold)
  }
}

/** Of one that was disabled because it took nothing events wait until it is enabled. An operator who disables one wants none. */
function isTold({ disabledBecause }: Endpoint): boolean {
  return disabledBecause !== 'operator'
}

/** What happened before there was the endpoint is not for it. */
function isAfter(time: string, createdAt: number): boolean {
  return Date.parse(time) >= createdAt
}
