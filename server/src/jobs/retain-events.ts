import type { Webhooks } from '../features/webhooks/webhooks.ts'
import type { Relayed } from './relay-events.ts'

export type Retained = Relayed & { webhooks: Webhooks }

/** Removes events that are older than they are to be kept, and that nobody waits for. @returns how many */
export function retainEvents({ audit, events, consumers, webhooks }: Retained): Promise<number> {
  return audit.retain(async () => {
    // In this order: what a webhook is to be sent was noted before the place of the one who noted it moved.
    const told = await events.toldUpTo(consumers.map(({ name }) => name))
    const sent = await webhooks.sentUpTo()
    return sent < told.sequence
      ? { sequence: sent, waitingFor: 'deliveries to webhooks' }
      : { sequence: told.sequence, waitingFor: told.name }
  })
}
